/** Goes on with a run whose process died or was interrupted: nothing that was seen is lost, nothing is counted twice. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../model/errors.ts'
import { PlanSchema, type Plan } from '../model/plan.ts'
import { emptyRunState, foldEvent, type RunState } from '../model/run-state.ts'
import { readJournal } from '../record/journal.ts'
import { runSession, type RunOutcome, type RunSessionOptions } from '../run/session/run-session.ts'

export type ResumeRequest = Omit<RunSessionOptions, 'plan' | 'run'>

/** @throws AppError RUN_UNREADABLE (user), RUN_LOCKED, JOURNAL_* */
export async function resumeRun(request: ResumeRequest): Promise<RunOutcome> {
  const plan = await readRunPlan(request.runFolder)
  const state = await readRunState(request.runFolder)
  // A kill before the first line: the plan is there and nothing has begun; the folder's name is the run's.
  const run =
    state.run === '' ? (request.runFolder.split(/[\\/]/).findLast((part) => part !== '') ?? 'run') : state.run
  return await runSession({ ...request, plan, run })
}

/** plan.json of a run folder. @throws AppError RUN_UNREADABLE (user) */
export async function readRunPlan(runFolder: string): Promise<Plan> {
  const path = join(runFolder, 'plan.json')
  try {
    return PlanSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw new AppError('RUN_UNREADABLE', 'user', `${path} is no plan of a run`, {
      where: { file: path },
      hint: 'give the folder of a run, as runs/20261122T195200Z-4f1c',
      cause: error,
    })
  }
}

/** The state of a run folder by its journal; that of a run before its first event when there is none. @throws AppError JOURNAL_DAMAGED */
export async function readRunState(runFolder: string): Promise<RunState> {
  const state = emptyRunState()
  try {
    for await (const event of readJournal(join(runFolder, 'journal.jsonl'))) foldEvent(state, event)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'JOURNAL_MISSING') throw error
  }
  return state
}
