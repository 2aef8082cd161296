/**
 * Every field scenario on real machines: caught, class, phase, blame, seconds. `RINGZERO_FIELD=19c,25` runs only these, and
 * after `RINGZERO_FIELD_SECONDS` none begins; the bench says which did not run. `RINGZERO_FIELD_RECORD=1` writes those that were
 * right into test/stand-ins/field-seen.json; `RINGZERO_FIELD_FOLDER` names a folder that keeps the clean controls for the next call.
 */
import { spawnSync } from 'node:child_process'
import { monotonicMs } from '../../../src/kit/clock.ts'
import { fieldLab, type FieldResult } from '../../stand-ins/field-lab.ts'
import { recordSeen } from '../../stand-ins/field-seen.ts'
import { FIELD_SCENARIOS } from '../../stand-ins/field-scenarios.ts'
import { INCIDENT_SCENARIOS } from '../../stand-ins/incident-scenarios.ts'
import type { BenchResult } from './bench-result.ts'

export async function field(): Promise<BenchResult> {
  const only = process.env['RINGZERO_FIELD']?.split(',')
  const end = monotonicMs() + 1000 * Number(process.env['RINGZERO_FIELD_SECONDS'] ?? Infinity)
  // Machines are taken away before the bench ends.
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort(new Error('interrupted')))
  const lab = fieldLab(stop.signal)
  const left: string[] = []
  const record =
    process.env['RINGZERO_FIELD_RECORD'] === undefined
      ? undefined
      : spawnSync('git', ['rev-parse', '--short=8', 'HEAD'], { encoding: 'utf8' }).stdout.trim()
  const results: FieldResult[] = []
  try {
    for (const scenario of [...FIELD_SCENARIOS, ...INCIDENT_SCENARIOS]) {
      if (only?.includes(scenario.id) === false) continue
      if (monotonicMs() > end || stop.signal.aborted) {
        left.push(scenario.id)
        continue
      }
      const result = await lab.run(scenario).catch((error: unknown) => {
        if (stop.signal.aborted) return undefined
        throw error
      })
      if (result === undefined) {
        left.push(scenario.id)
        continue
      }
      results.push(result)
      if (record !== undefined && result.wrong.length === 0)
        recordSeen(scenario, new Date().toISOString().slice(0, 10), record)
      console.log(`  ${lineOf(result)}`)
    }
  } finally {
    lab.close()
  }
  const caught = results.filter(({ wrong }) => wrong.length === 0).length
  return {
    name: 'scenarios that went wrong in the field',
    passed: caught === results.length && left.length === 0,
    lines: [
      `${caught} of ${results.length} as they should be`,
      ...(left.length === 0 ? [] : [`not run: ${left.join(',')}`]),
    ],
  }
}

function lineOf({ scenario, verdict, seconds, wrong }: FieldResult): string {
  const symptom =
    verdict.symptoms.find(({ class: name }) => scenario.right.classes.includes(name)) ?? verdict.symptoms[0]
  const told = `${symptom?.class ?? verdict.outcome} in ${symptom?.phase ?? '-'}, ${verdict.blame}`
  const fault = wrong.length === 0 ? '' : `  (${wrong.join('; ')}; said: ${verdict.because})`
  return `${wrong.length === 0 ? 'yes' : 'NO '} ${scenario.id.padEnd(5)} ${told.padEnd(48)} ${seconds.toFixed(0).padStart(4)} s  ${scenario.says}${fault}`
}
