/** plan.json of a run folder. */
import { readFile } from 'node:fs/promises'
import { writeFileAtomic } from '../kit/files.ts'
import { AppError } from '../model/errors.ts'
import { PlanSchema, type Plan } from '../model/plan.ts'
import { planInTodaysNames } from './earlier-names.ts'
import { runFolderPaths } from './run-folder.ts'

/** Writes the plan, whole or not at all. */
export async function writeRunPlan(runFolder: string, plan: Plan): Promise<void> {
  await writeFileAtomic(runFolderPaths(runFolder).plan, `${JSON.stringify(plan, undefined, 2)}\n`)
}

/** The plan of a run folder. @throws AppError RUN_UNREADABLE (user) */
export async function readRunPlan(runFolder: string): Promise<Plan> {
  const path = runFolderPaths(runFolder).plan
  try {
    return PlanSchema.parse(planInTodaysNames(JSON.parse(await readFile(path, 'utf8'))))
  } catch (error) {
    throw new AppError('RUN_UNREADABLE', 'user', `${path} is no plan of a run`, {
      where: { file: path },
      hint: 'give the folder of a run, as runs/20261122T195200Z-4f1c',
      cause: error,
    })
  }
}
