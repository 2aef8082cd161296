/** A judged report of the scripted plan, for tests of everything that renders. */
import { decideGate } from '../../src/judge/gate.ts'
import { judgeRun } from '../../src/judge/judge-run.ts'
import type { Gate, Report, Suspect } from '../../src/model/report.ts'
import type { Plan } from '../../src/model/plan.ts'
import { DEFAULT_POLICY, type Policy } from '../../src/model/policy.ts'
import { foldRun } from '../../src/model/run-state.ts'
import { buildReport } from '../../src/report/build-report.ts'
import { journalOf, T0 } from './scripted-journal.ts'
import { scriptedPlan } from './scripted-plan.ts'
import { bootLoop, goodCandidate, goodControl, type AttemptScript } from './scripted-run.ts'

export const CANDIDATE: Report['candidate'] = {
  id: 'channel-291',
  title: 'Channel file',
  release: '291',
  kind: 'content',
  sha256: 'c'.repeat(64),
  files: [{ path: 'channel-291.bin', sha256: 'd'.repeat(64) }],
}

/** Cells that fail: netwatch on the full processor. */
export function breaks(configuration: Readonly<Record<string, string>>): boolean {
  return configuration['product'] === 'netwatch' && configuration['cpu'] === 'max'
}

export function reportOf(
  plan: Plan,
  scripts: readonly AttemptScript[],
  options: {
    readonly policy?: Policy
    readonly simulated?: boolean
    readonly closed?: boolean
    readonly suspects?: readonly Suspect[]
  } = {},
): { readonly report: Report; readonly gate: Gate } {
  const policy = options.policy ?? DEFAULT_POLICY
  const events = journalOf(plan, scripts, options)
  const { cells, controls } = judgeRun(plan, events, policy, T0)
  const complete = cells.every(({ verdict }) => ['pass', 'warn', 'fail'].includes(verdict.outcome))
  const report = buildReport({
    plan,
    state: foldRun(events),
    cells: [...cells],
    controls: [...controls],
    suspects: options.suspects ?? [],
    candidate: CANDIDATE,
    coverage: {
      judged: [{ strength: 2, covered: complete ? 12 : 8, feasible: 12, infeasible: 0 }],
      fleetShare: 0.5,
      untested: [],
    },
    notes: [],
  })
  return { report, gate: decideGate(report, policy, T0) }
}

/** All cells run; those of `breaks` loop. */
export function badRun(options: Parameters<typeof reportOf>[2] = {}): ReturnType<typeof reportOf> {
  const plan = scriptedPlan()
  return reportOf(
    plan,
    plan.cells.flatMap(({ id, configuration }) => [
      breaks(configuration) ? bootLoop(id) : goodCandidate(id),
      goodControl(id),
    ]),
    options,
  )
}

export function goodRun(options: Parameters<typeof reportOf>[2] = {}): ReturnType<typeof reportOf> {
  const plan = scriptedPlan()
  return reportOf(
    plan,
    plan.cells.flatMap(({ id }) => [goodCandidate(id), goodControl(id)]),
    options,
  )
}
