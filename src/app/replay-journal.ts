/** A recorded journal judged again and again, by the judge as it is or by one with a fault in it, and what is compared of what it says. */
import { decideGate } from '../judge/gate.ts'
import { judgeRun } from '../judge/judge-run.ts'
import { SMALL_JOURNAL_START, type ExpandedJournal } from '../inputs/load-small-journals.ts'
import type { JudgedRun } from '../judge/run-judge.ts'
import type { Matrix } from '../model/matrix.ts'
import { DEFAULT_POLICY, type Policy } from '../model/policy.ts'
import type { Gate, Report } from '../model/report.ts'
import { emptyRunState, foldEvent, type RunState } from '../model/run-state.ts'
import { buildReport, type ReportParts } from '../report/build-report.ts'
import { coverageOf } from './judge-run.ts'

/** What decides: the judge as it is, or one with mutants in it. */
export interface Judge {
  readonly judgeRun: typeof judgeRun
  readonly decideGate: typeof decideGate
}

export const JUDGE: Judge = { judgeRun, decideGate }

/** A journal with everything that is the same each time it is judged. */
export interface Replay extends ExpandedJournal {
  readonly state: RunState
  readonly matrix: Matrix
  /** By the outcomes that it follows from. */
  readonly coverages: Map<string, ReportParts['coverage']>
}

/** What a decision rests on, without sentences. */
export interface Judgement {
  readonly decision: Gate['decision']
  readonly rules: readonly string[]
  /** Of each cell: outcome, blame, counts, symptoms with phase and source, what is open, blind, or brought the machine back. */
  readonly cells: readonly string[]
}

/** Prepares a journal. */
export function replayOf(journal: ExpandedJournal): Replay {
  const state = emptyRunState({ details: false })
  for (const event of journal.events) foldEvent(state, event)
  const { plan } = journal
  const axes = plan.axes.map(({ id, values }) => [
    id,
    { values: values.map(({ id: value, weight }) => ({ id: value, weight })) },
  ])
  return {
    ...journal,
    state,
    matrix: { version: 1, id: plan.matrix, axes: Object.fromEntries(axes) as Matrix['axes'] },
    coverages: new Map(),
  }
}

/** The policy that a journal brings, or the built-in one. */
export function policyOf({ policy = DEFAULT_POLICY }: ExpandedJournal): Policy {
  return policy
}

/** The report of a journal. Suspects are left out: nothing that is compared follows from them. */
export function reportOf({ judgeRun: judge }: Judge, replay: Replay, policy: Policy): Report {
  const { plan, events, state, drill } = replay
  const { cells, controls } = judge(plan, events, policy, SMALL_JOURNAL_START)
  return buildReport({
    plan,
    state,
    cells: [...cells],
    controls: [...controls],
    suspects: [],
    candidate: { id: 'candidate', title: 'candidate', release: '1', kind: 'content', sha256: '', files: [] },
    coverage: knownCoverage(replay, cells),
    notes: [],
    ...(drill === undefined ? {} : { drill }),
  })
}

/** What the judge says of a journal. @throws whatever a judge with a fault in it throws */
export function judgementOf(judge: Judge, replay: Replay, policy: Policy): Judgement {
  const report = reportOf(judge, replay, policy)
  const { decision, rules, waivers } = judge.decideGate(report, policy, SMALL_JOURNAL_START)
  return {
    decision,
    rules: [
      ...rules.map(({ id, result, waived }) => `${id} ${result} ${waived.join(',')}`.trimEnd()),
      ...waivers.map(({ id, state, cells }) => `waiver ${id} ${state} ${cells.join(',')}`.trimEnd()),
    ],
    cells: report.cells.map(cellText),
  }
}

/** Coverage takes longer than all judging, and a mutant hardly ever changes the outcomes that it follows from. */
function knownCoverage(
  { plan, matrix, coverages }: Replay,
  cells: JudgedRun['cells'],
): ReportParts['coverage'] {
  const key = cells.map(({ verdict }) => verdict.outcome).join()
  const known = coverages.get(key) ?? coverageOf(matrix, plan, [...cells])
  coverages.set(key, known)
  return known
}

function cellText({ verdict }: Report['cells'][number]): string {
  const {
    outcome,
    blame,
    symptoms,
    preExisting,
    failing,
    valid,
    control,
    recovery,
    blind,
    open = [],
  } = verdict
  return [
    `${outcome}, blame ${blame}, ${failing} of ${valid}, control ${control.failing} of ${control.valid}`,
    ...symptoms.map(
      ({ class: name, severity, phase, source = 'nobody', signature }) =>
        `${name} ${severity} in ${phase} by ${source} (${signature.split('|').slice(1).join('|')})`,
    ),
    ...preExisting.map(({ signature }) => `before: ${signature}`),
    ...open.map(({ measure }) => `open: ${measure}`),
    ...blind.map(({ subject }) => `blind: ${subject}`),
    ...(recovery === undefined
      ? []
      : [`${recovery.step} ${recovery.broughtBack ? 'helped' : 'did not help'}`]),
  ].join('; ')
}
