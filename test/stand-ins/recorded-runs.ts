/** The scripted runs of fixtures/journals, and what the judge must say about each. */
import type { Gate } from '../../src/model/report.ts'
import type { Blame, Outcome } from '../../src/model/verdict.ts'
import { bootLoop, goodCandidate, goodControl, mapFacts, type AttemptScript } from './scripted-run.ts'

export interface RecordedRun {
  readonly name: string
  readonly decision: Gate['decision']
  /** How many cells have which outcome and blame. */
  readonly cells: Partial<Record<`${Outcome} ${Blame}`, number>>
  /** The first suspect, if there must be one. */
  readonly suspect?: Readonly<Record<string, string>>
  readonly closed?: boolean
  readonly repeats?: number
  script(cell: string, configuration: Readonly<Record<string, string>>): readonly AttemptScript[]
}

const full = (cell: string): AttemptScript[] => [goodCandidate(cell), goodControl(cell)]
const isPair = (configuration: Readonly<Record<string, string>>): boolean =>
  configuration['product'] === 'netwatch' && configuration['cpu'] === 'max'

/** A control that dies in its restarts as the candidate's arm does. */
function redControl(cell: string): AttemptScript {
  const loop = bootLoop(cell)
  const phases = loop.phases.filter(({ phase }) => phase !== 'install' && phase !== 'recover')
  return { ...loop, arm: 'control', phases }
}

function hostFault(cell: string, attempt: number): AttemptScript {
  return {
    ...goodCandidate(cell, attempt),
    phases: [...goodCandidate(cell).phases.slice(0, 2), { phase: 'baseline', end: 'fault' }],
    end: 'host-fault',
    fault: { phase: 'baseline', code: 'HOST_QEMU_DIED', message: 'qemu was ended by SIGKILL' },
  }
}

const protectionOff = (script: AttemptScript): AttemptScript =>
  mapFacts(script, (fact, phase) =>
    fact.kind === 'expectation' &&
    fact.symptom === 'protection-off' &&
    phase !== 'baseline' &&
    phase !== 'rollback'
      ? [{ ...fact, holds: false, seen: 'the probe exits 1: engine not loaded' }]
      : [fact],
  )

export const RECORDED_RUNS: readonly RecordedRun[] = [
  { name: 'good', decision: 'release', cells: { 'pass none': 8 }, script: full },
  {
    name: 'boot-loop-on-a-pair',
    decision: 'hold',
    cells: { 'pass none': 6, 'fail candidate': 2 },
    suspect: { product: 'netwatch', cpu: 'max' },
    script: (cell, configuration) => [
      isPair(configuration) ? bootLoop(cell) : goodCandidate(cell),
      goodControl(cell),
    ],
  },
  {
    name: 'control-also-red',
    decision: 'inconclusive',
    cells: { 'pass none': 6, 'inconclusive pre-existing': 2 },
    script: (cell, configuration) =>
      isPair(configuration) ? [bootLoop(cell), redControl(cell)] : full(cell),
  },
  {
    name: 'host-faults',
    decision: 'inconclusive',
    cells: { 'pass none': 7, 'inconclusive host': 1 },
    script: (cell, { product, cpu, build }) => {
      if (product !== 'none' || cpu !== 'max') return full(cell)
      const lost = [1, 2, 3].map((attempt) => hostFault(cell, attempt))
      // One host fault is tried again and forgotten; three in a row leave the cell open.
      return build === 'micro-6.1'
        ? [...lost, goodControl(cell)]
        : [hostFault(cell, 1), goodCandidate(cell, 2), goodControl(cell)]
    },
  },
  {
    name: 'interrupted',
    decision: 'inconclusive',
    cells: { 'pass none': 4, 'not-run none': 4 },
    closed: false,
    script: (cell, { build, product, cpu }) => {
      if (build === 'micro-6.1') return full(cell)
      return product === 'none' && cpu === 'qemu64'
        ? [{ ...goodCandidate(cell), phases: goodCandidate(cell).phases.slice(0, 4), end: null }]
        : []
    },
  },
  {
    name: 'intermittent',
    decision: 'hold',
    cells: { 'pass none': 7, 'fail candidate': 1 },
    repeats: 3,
    suspect: { build: 'micro-6.12', product: 'netwatch', cpu: 'max' },
    script: (cell, configuration) => [
      goodCandidate(cell, 1),
      isPair(configuration) && configuration['build'] === 'micro-6.12'
        ? bootLoop(cell, 2)
        : goodCandidate(cell, 2),
      goodCandidate(cell, 3),
      ...[1, 2, 3].map((attempt) => goodControl(cell, attempt)),
    ],
  },
  {
    name: 'protection-off',
    decision: 'hold',
    cells: { 'pass none': 4, 'fail candidate': 4 },
    suspect: { product: 'netwatch' },
    script: (cell, { product }) => [
      product === 'netwatch' ? protectionOff(goodCandidate(cell)) : goodCandidate(cell),
      goodControl(cell),
    ],
  },
]
