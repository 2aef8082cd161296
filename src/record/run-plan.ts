/** plan.json of a run folder. */
import { readFile } from 'node:fs/promises'
import { writeFileAtomic } from '../kit/files.ts'
import { AppError } from '../model/errors.ts'
import { PlanSchema, type Plan } from '../model/plan.ts'
import { planOfCells } from '../model/shard.ts'
import { planInTodaysNames } from './earlier-names.ts'
import { runFolderPaths } from './run-folder.ts'
import { readRunShard } from './run-shard.ts'

/** Writes the plan, whole or not at all. */
export async function writeRunPlan(runFolder: string, plan: Plan): Promise<void> {
  await writeFileAtomic(runFolderPaths(runFolder).plan, `${JSON.stringify(plan, undefined, 2)}\n`)
}

/** What the run in this folder does: its plan, or the part of it that this shard has. @throws AppError RUN_UNREADABLE (user) */
export async function readRunPlan(runFolder: string): Promise<Plan> {
  const [plan, mine] = await Promise.all([readWholePlan(runFolder), readRunShard(runFolder)])
  if (mine === undefined) return plan
  // Cells of another plan would only drop out of this one.
  if (mine.plan !== plan.id) {
    const file = runFolderPaths(runFolder).shard
    throw new AppError(
      'RUN_UNREADABLE',
      'user',
      `${file} is a shard of another plan than ${runFolder} holds`,
      {
        where: { file },
        hint: 'take the run folder from the runner again, whole',
      },
    )
  }
  return planOfCells(plan, mine.shard, mine.cells)
}

/** The plan as it was made, all shards of it. @throws AppError RUN_UNREADABLE (user) */
export async function readWholePlan(runFolder: string): Promise<Plan> {
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
