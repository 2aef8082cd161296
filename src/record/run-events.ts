/** The events of a run, as its journal has them. */
import { AppError } from '../model/errors.ts'
import type { RunEvent } from '../model/event.ts'
import { readJournal } from './journal.ts'
import { runFolderPaths } from './run-folder.ts'

/** All events of the run in this folder; none where there is no journal. @throws AppError JOURNAL_DAMAGED */
export async function* runEvents(runFolder: string): AsyncGenerator<RunEvent> {
  try {
    yield* readJournal(runFolderPaths(runFolder).journal)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'JOURNAL_MISSING') throw error
  }
}
