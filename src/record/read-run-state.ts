/** The state of a run, folded from its journal. */
import { AppError } from '../model/errors.ts'
import { emptyRunState, foldEvent, type RunState } from '../model/run-state.ts'
import { readJournal } from './journal.ts'
import { runFolderPaths } from './run-folder.ts'

/** The state of the run in this folder; that of a run before its first event where there is no journal. @throws AppError JOURNAL_DAMAGED */
export async function readRunState(runFolder: string): Promise<RunState> {
  const state = emptyRunState()
  try {
    for await (const event of readJournal(runFolderPaths(runFolder).journal)) foldEvent(state, event)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'JOURNAL_MISSING') throw error
  }
  return state
}
