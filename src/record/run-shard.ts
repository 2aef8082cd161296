/** shard.json: says that a run folder holds one shard of a plan, and under what it ran. Absent in a whole run. */
import { readFile, rm } from 'node:fs/promises'
import { z } from 'zod'
import { writeFileAtomic } from '../kit/files.ts'
import { AppError } from '../model/errors.ts'
import { ShardSchema } from '../model/shard.ts'
import { runFolderPaths } from './run-folder.ts'

const RunShardSchema = z.object({
  schema: z.literal('ringzero/shard/1'),
  shard: ShardSchema,
  /** Id of the whole plan. */
  plan: z.string(),
  /** Ids of its cells. */
  cells: z.array(z.string()),
  /** The policy that its stages were judged by. */
  policy: z.object({ id: z.string(), sha256: z.string() }),
  /** Why nothing of it ran: an earlier stage did not pass. */
  stopped: z.string().optional(),
})
export type RunShard = z.output<typeof RunShardSchema>

/** Writes shard.json, whole; before plan.json, so that no kill leaves a shard that looks like a whole run. */
export async function writeRunShard(runFolder: string, shard: Omit<RunShard, 'schema'>): Promise<void> {
  const document = { schema: 'ringzero/shard/1', ...shard }
  await writeFileAtomic(runFolderPaths(runFolder).shard, `${JSON.stringify(document, undefined, 2)}\n`)
}

/** What a run that was cut off before its journal began left there: a new run in the same folder may be another part, or the whole. */
export async function removeRunShard(runFolder: string): Promise<void> {
  await rm(runFolderPaths(runFolder).shard, { force: true })
}

/** The shard that this folder holds; undefined for a whole run. @throws AppError RUN_UNREADABLE (user) */
export async function readRunShard(runFolder: string): Promise<RunShard | undefined> {
  const path = runFolderPaths(runFolder).shard
  try {
    return RunShardSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new AppError('RUN_UNREADABLE', 'user', `${path} does not say which shard this is`, {
      where: { file: path },
      hint: 'take the run folder from the runner again',
      cause: error,
    })
  }
}
