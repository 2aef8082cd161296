/** While a run is on: the cells of a stage whose numbers leave the answer open, and which are worth one more repeat of both arms. */
import type { JudgedCell } from '../judge/run-judge.ts'
import type { Plan } from '../model/plan.ts'
import type { RunState } from '../model/run-state.ts'
import type { RepeatOrder } from '../run/session/run-loop.ts'

/**
 * One more repeat for each cell with an open number, as long as the plan's allowance lasts. A cell whose last order brought no
 * attempt that counts is left as it is: what kept it from running would keep the next one, too.
 */
export function furtherRepeats(
  cells: readonly JudgedCell[],
  { settings }: Pick<Plan, 'settings'>,
  { orderedRepeats }: Pick<RunState, 'orderedRepeats'>,
): readonly RepeatOrder[] {
  const { repeats, settle = 0 } = settings
  return cells.flatMap(({ planned, verdict }) => {
    const [open] = verdict.open ?? []
    const ordered = orderedRepeats.get(planned.id) ?? 0
    const counted = Math.min(verdict.valid, verdict.control.valid)
    if (open === undefined || verdict.outcome === 'fail' || ordered >= settle || counted < repeats + ordered)
      return []
    return [{ cell: planned.id, repeats: ordered + 1, because: `${open.measure}: ${open.because}` }]
  })
}
