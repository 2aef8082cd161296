/** While a run is on: the next cell whose result would tell the suspects apart best. */
import type { Configuration, Matrix } from '../model/matrix.ts'
import type { PlannedCell } from '../model/plan.ts'
import { nextIsolationCell } from '../plan/isolate.ts'
import { planCell } from './plan-cell.ts'
import type { PlanRequest } from './plan-request.ts'
import type { JudgedConfiguration } from '../judge/suspects/failure-groups.ts'
import { explainFailures } from './run-suspects.ts'

/** Below this chance of failing a cell is there to rule out what failing cells may have hidden. */
const EXPECTED_TO_PASS = 0.1

export interface IsolationRound {
  readonly matrix: Matrix
  readonly request: PlanRequest
  readonly cells: readonly JudgedConfiguration[]
  /** Cells added so far, and how many may be added in all. */
  readonly added: number
  readonly limit: number
  readonly seed: number
  /** The stage that the cell is added as. */
  readonly stage: string
}

/** One further cell, or none when nothing would be learned, the limit is reached, or no host can run it. */
export async function nextSuspectCell(round: IsolationRound): Promise<readonly PlannedCell[]> {
  if (round.added >= round.limit) return []
  const tried = round.cells.map((cell) => cell.planned.configuration)
  const proposals = explainFailures(round.matrix, round.cells).flatMap(({ group, report }) => {
    const failing = group.observed.filter((cell) => cell.failures > 0).map((cell) => cell.configuration)
    const { explanations } = report
    const next = nextIsolationCell(round.matrix, {
      explanations,
      failing,
      tried,
      seed: round.seed + round.added,
    })
    return next === undefined ? [] : [{ ...next, soakSeconds: longestSoak(round.cells, failing) }]
  })
  // Of several failures the one whose next cell tells most.
  const [next] = proposals.sort((a, b) => b.information - a.information)
  if (next === undefined) return []
  const purpose =
    next.failureChance < EXPECTED_TO_PASS
      ? 'looks whether the failing cells hide a second culprit'
      : `tells suspects apart (${next.information.toFixed(2)} bit expected)`
  const planned = await planCell(
    round.request,
    round.stage,
    { configuration: next.configuration, purpose, soakSeconds: next.soakSeconds },
    [],
  )
  return planned === undefined ? [] : [planned]
}

/** What breaks only after a long soak is looked for as long; undefined: as the matrix says. */
function longestSoak(
  cells: readonly JudgedConfiguration[],
  failing: readonly Configuration[],
): number | undefined {
  const soaks = cells.flatMap(({ planned }) =>
    failing.includes(planned.configuration) ? (planned.soakSeconds ?? []) : [],
  )
  return soaks.length === 0 ? undefined : Math.max(...soaks)
}
