/** Every field scenario on real machines: caught, class, phase, blame, seconds. `RINGZERO_FIELD=19c,25` runs only these. */
import { fieldLab, type FieldResult } from '../../stand-ins/field-lab.ts'
import { FIELD_SCENARIOS } from '../../stand-ins/field-scenarios.ts'
import { INCIDENT_SCENARIOS } from '../../stand-ins/incident-scenarios.ts'
import type { BenchResult } from './bench-result.ts'

export async function field(): Promise<BenchResult> {
  const only = process.env['RINGZERO_FIELD']?.split(',')
  const lab = fieldLab()
  const results: FieldResult[] = []
  try {
    for (const scenario of [...FIELD_SCENARIOS, ...INCIDENT_SCENARIOS]) {
      if (only?.includes(scenario.id) === false) continue
      const result = await lab.run(scenario)
      results.push(result)
      console.log(`  ${lineOf(result)}`)
    }
  } finally {
    lab.close()
  }
  const caught = results.filter(({ wrong }) => wrong.length === 0).length
  return {
    name: 'scenarios that went wrong in the field',
    passed: caught === results.length,
    lines: [`${caught} of ${results.length} as they should be`],
  }
}

function lineOf({ scenario, verdict, seconds, wrong }: FieldResult): string {
  const symptom =
    verdict.symptoms.find(({ class: name }) => scenario.right.classes.includes(name)) ?? verdict.symptoms[0]
  const told = `${symptom?.class ?? verdict.outcome} in ${symptom?.phase ?? '-'}, ${verdict.blame}`
  const fault = wrong.length === 0 ? '' : `  (${wrong.join('; ')}; said: ${verdict.because})`
  return `${wrong.length === 0 ? 'yes' : 'NO '} ${scenario.id.padEnd(5)} ${told.padEnd(48)} ${seconds.toFixed(0).padStart(4)} s  ${scenario.says}${fault}`
}
