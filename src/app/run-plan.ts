/** Starts a run: makes its folder, writes plan and journal, and works on it until it is complete or interrupted. */
import { access } from 'node:fs/promises'
import { AppError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { writeRunPlan } from '../record/run-plan.ts'
import { runSession, type RunOutcome, type RunSessionOptions } from '../run/session/run-session.ts'

export interface RunRequest extends Omit<RunSessionOptions, 'plan' | 'run'> {
  readonly plan: Plan
  /** Its id: `20261122T195200Z-4f1c`. */
  readonly run: string
  /** The plan that is written down where `plan` is one shard of it. */
  readonly wholePlan?: Plan
}

/**
 * Runs a plan from its beginning.
 * @throws AppError RUN_EXISTS (user) when the folder already holds a run; RUN_LOCKED; JOURNAL_*
 */
export async function runPlan(request: RunRequest): Promise<RunOutcome> {
  await refuseBegunRun(request.runFolder)
  const { wholePlan, ...session } = request
  await writeRunPlan(request.runFolder, wholePlan ?? request.plan)
  return await runSession(session)
}

/**
 * Asked before anything is written into the folder of a new run: the inputs of another candidate beside the journal of a run would
 * give that candidate the verdicts of the run.
 * @throws AppError RUN_EXISTS (user) when the folder holds a run
 */
export async function refuseBegunRun(runFolder: string): Promise<void> {
  const exists = await access(runFolderPaths(runFolder).journal).then(
    () => true,
    () => false,
  )
  if (exists)
    throw new AppError('RUN_EXISTS', 'user', `${runFolder} already holds a run`, {
      hint: `go on with it by \`ringzero resume ${runFolder}\`, or choose another folder`,
    })
}
