/** The state of a run, folded from its journal. */
import { emptyRunState, foldEvent, type RunState } from '../model/run-state.ts'
import { runEvents } from './run-events.ts'

/**
 * The state of the run in this folder; that of a run before its first event where there is no journal. Without `details` it does
 * not hold what the attempts saw, which is most of a journal.
 * @throws AppError JOURNAL_DAMAGED
 */
export async function readRunState(
  runFolder: string,
  options: { readonly details?: boolean } = {},
): Promise<RunState> {
  const state = emptyRunState(options)
  for await (const event of runEvents(runFolder)) foldEvent(state, event)
  return state
}
