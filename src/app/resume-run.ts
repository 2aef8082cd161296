/** Goes on with a run whose process died or was interrupted: nothing that was seen is lost, nothing is counted twice. */
import { readRunPlan } from '../record/run-plan.ts'
import { readRunState } from '../record/read-run-state.ts'
import { runSession, type RunOutcome, type RunSessionOptions } from '../run/session/run-session.ts'

export type ResumeRequest = Omit<RunSessionOptions, 'plan' | 'run'>

/** @throws AppError RUN_UNREADABLE (user), RUN_LOCKED, JOURNAL_* */
export async function resumeRun(request: ResumeRequest): Promise<RunOutcome> {
  const plan = await readRunPlan(request.runFolder)
  const state = await readRunState(request.runFolder, { details: false })
  // A kill before the first line: the plan is there and nothing has begun; the folder's name is the run's.
  const run =
    state.run === '' ? (request.runFolder.split(/[\\/]/).findLast((part) => part !== '') ?? 'run') : state.run
  return await runSession({ ...request, plan, run })
}
