/** Plan, folded journal, policy → one verdict for each cell. Needs no machine and no plugin, today or in a year. */
import type { Instant } from '../kit/clock.ts'
import type { Plan, PlannedCell } from '../model/plan.ts'
import type { Policy } from '../model/policy.ts'
import type { AttemptState, RunState } from '../model/run-state.ts'
import type { Verdict } from '../model/verdict.ts'
import { judgeCell } from './judge-cell.ts'
import type { ControlOrigin } from './symptoms/host-speed.ts'

export interface JudgedCell {
  readonly planned: PlannedCell
  readonly verdict: Verdict
}

/** All cells of the plan and those that the run added, in that order; a cell of which nothing was seen is `not-run`. */
export function judgeRun(plan: Plan, state: RunState, policy: Policy, at: Instant): JudgedCell[] {
  const cells = [...new Map([...plan.cells, ...state.addedCells].map((cell) => [cell.id, cell])).values()]
  const candidates = attemptsByCell(state, 'candidate')
  const controls = attemptsByCell(state, 'control')
  const byControlKey = Map.groupBy(cells, (cell) => cell.controlKey)
  return cells.map((cell) => {
    const own = controls.get(cell.id) ?? []
    // Cells with the same key have the same control machine: another's evidence is used where the cell has none of its own.
    const sources =
      own.length > 0 ? [cell] : (byControlKey.get(cell.controlKey) ?? []).filter(({ id }) => controls.has(id))
    const verdict = judgeCell({
      cell,
      candidates: candidates.get(cell.id) ?? [],
      controls: sources.flatMap(({ id }) => controls.get(id) ?? []),
      controlOrigin: originOf(cell, sources, state),
      settings: plan.settings,
      waivers: policy.waivers ?? [],
      at,
    })
    return { planned: cell, verdict }
  })
}

/** Where what stands for this cell's control was measured; `sources` are the cells whose attempts are used. */
function originOf(cell: PlannedCell, sources: readonly PlannedCell[], state: RunState): ControlOrigin {
  const taken = sources.flatMap(({ id }) => state.reusedControls.get(id)?.source ?? [])
  if (taken.some((source) => !source.startsWith(`${state.run}/`))) return 'store'
  return taken.length > 0 || sources.some(({ id }) => id !== cell.id) ? 'run' : 'own'
}

function attemptsByCell(state: RunState, arm: AttemptState['arm']): Map<string, AttemptState[]> {
  return Map.groupBy(
    state.attempts.filter((attempt) => attempt.arm === arm),
    (attempt) => attempt.cell,
  )
}
