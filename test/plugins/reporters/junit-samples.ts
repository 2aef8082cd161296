/**
 * The documents that readers of JUnit were run on: a run that is held, a run that is released, and one whose guests attack.
 * `node test/plugins/reporters/junit-samples.ts FOLDER` writes them.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '../../../src/model/report.ts'
import type { Verdict } from '../../../src/model/verdict.ts'
import { renderJunit, type JunitReader } from '../../../src/plugins/reporters/junit.ts'
import { badRun, goodRun } from '../../stand-ins/scripted-report.ts'
import { hostileRun } from './hostile-report.ts'

export const SAMPLE_NAMES = ['failing', 'passing', 'hostile'] as const
export type SampleName = (typeof SAMPLE_NAMES)[number]

/** As a run in the working directory would name its files. */
const READER: JunitReader = { warn: 'skipped', attachment: (path) => `runs/r/${path}` }

/** The XML of each sample; the same at every call. */
export function junitSamples(): Readonly<Record<SampleName, string>> {
  return {
    failing: renderJunit(everyOutcome(badRun().report), READER),
    passing: renderJunit(goodRun().report, READER),
    hostile: renderJunit(hostileRun().report, READER),
  }
}

/** Each cell another case of JUnit: failed once and again, waived, slower, lost and tried again, blind, open, never run. */
function everyOutcome(report: Report): Report {
  const cases: readonly ((verdict: Verdict) => Verdict)[] = [
    (verdict) => ({
      ...verdict,
      attempts: verdict.attempts.flatMap((attempt) => [attempt, { ...attempt, attempt: 2 }]),
    }),
    (verdict) => ({
      ...verdict,
      waiver: { id: 'w-1', owner: 'ada', ticket: 'T-1', reason: 'known since May', expires: '2026-12-31' },
    }),
    (verdict) => ({ ...verdict, outcome: 'warn', blame: 'candidate', because: 'starts 40 % slower' }),
    (verdict) => ({
      ...verdict,
      attempts: verdict.attempts.flatMap((attempt) => [
        { ...attempt, end: 'host-fault' },
        { ...attempt, attempt: 2 },
      ]),
    }),
    (verdict) => ({ ...verdict, blind: [{ subject: 'event-log', reason: 'the log is locked' }] }),
    (verdict) => ({
      ...verdict,
      outcome: 'inconclusive',
      blame: 'host',
      because: 'the host lost its disk three times',
    }),
    (verdict) => ({
      ...verdict,
      outcome: 'not-run',
      because: 'no attempt was made',
      attempts: [],
    }),
  ]
  const failing = report.cells.filter(({ verdict }) => verdict.outcome === 'fail')
  const others = report.cells.filter(({ verdict }) => verdict.outcome !== 'fail')
  const cells = [...failing, ...others].map(({ planned, verdict }, index) => ({
    planned,
    verdict: cases[index]?.(verdict) ?? verdict,
  }))
  const cell = cells[0]?.planned.id ?? ''
  const evidence = (
    [
      ['serial.log', 'text/plain'],
      ['screen-panic.png', 'image/png'],
    ] as const
  ).map(([name, mediaType]) => ({
    id: 'e'.repeat(64),
    cell,
    arm: 'candidate' as const,
    attempt: 1,
    name,
    mediaType,
    bytes: 900,
    path: `cells/${cell}/1/${name}`,
    phase: 'collect',
    cut: false,
  }))
  return { ...report, cells, evidence }
}

if (process.argv[1] === import.meta.filename) {
  const folder = process.argv[2] ?? 'junit-samples'
  mkdirSync(folder, { recursive: true })
  for (const [name, xml] of Object.entries(junitSamples())) writeFileSync(join(folder, `${name}.xml`), xml)
}
