/** `ringzero merge`: the run folders of all shards of a plan → one run folder that every other command reads. */
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { loadPolicy } from '../inputs/load-policy.ts'
import { formatInstant } from '../kit/clock.ts'
import { hashJson, sha256 } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import { readRunState } from '../record/read-run-state.ts'
import { readRunDrills, writeRunDrills } from '../record/run-drills.ts'
import { writeRunInputs } from '../record/run-inputs.ts'
import { writeRunPlan } from '../record/run-plan.ts'
import { keepShardFiles } from './keep-shard-files.ts'
import { readShardRun, type ShardRun } from './read-shard-run.ts'
import { refuseMerge } from './refuse-merge.ts'
import { writeMergedJournal } from './write-merged-journal.ts'

export interface MergeRequest {
  /** Run folders, from anywhere. */
  readonly runs: readonly string[]
  /** The merged run folder. What an earlier merge of the same plan wrote there is replaced. */
  readonly out: string
  /** The policy that decides; the shards must have run under the same. */
  readonly policy: string | undefined
  readonly warn: (message: string) => void
  readonly signal: AbortSignal
}

/**
 * Merges. The same shards give the same bytes; each shard's own journal is kept under `shards/` as it was written.
 * @returns the absolute merged folder
 * @throws AppError MERGE_* (user) naming the shard that is missing, doubled, foreign or of other inputs; RUN_EXISTS (user)
 */
export async function mergeShards(request: MergeRequest): Promise<string> {
  const out = resolve(request.out)
  const policy = await loadPolicy(request.policy)
  const shards: ShardRun[] = []
  for (const folder of new Set(request.runs.map((run) => resolve(run)))) {
    request.signal.throwIfAborted()
    refuseInside(out, folder)
    shards.push(await readShardRun(folder))
  }
  refuseMerge(shards, policy)
  const ordered = shards.toSorted(inPlanOrder)
  const [first] = ordered
  if (first === undefined) throw new AppError('USAGE', 'user', 'there is nothing to merge')
  await refuseOtherRun(out, first.plan.id)
  const half = join(dirname(out), `.${basename(out)}.merging`)
  await rm(half, { recursive: true, force: true })
  await mkdir(half, { recursive: true })
  try {
    await writeRunPlan(half, first.plan)
    const { schema: _, ...inputs } = first.inputs
    await writeRunInputs(half, inputs)
    await mergeDrills(ordered, half)
    for (const [place, shard] of ordered.entries()) await keepShardFiles(shard, half, place + 1)
    await writeMergedJournal(ordered, {
      folder: half,
      run: mergedName(ordered),
      warn: request.warn,
      signal: request.signal,
    })
    await rm(out, { recursive: true, force: true })
    await rename(half, out)
  } catch (error) {
    await rm(half, { recursive: true, force: true })
    throw error
  }
  return out
}

/** A drill that only some of the runners know says nothing of the others. */
async function mergeDrills(shards: readonly ShardRun[], folder: string): Promise<void> {
  const [first = [], ...others] = await Promise.all(shards.map((shard) => readRunDrills(shard.folder)))
  const known = others.map((receipts) => new Set(receipts.map(hashJson)))
  const common = first.filter((receipt) => known.every((hashes) => hashes.has(hashJson(receipt))))
  if (common.length > 0) await writeRunDrills(folder, common)
}

function inPlanOrder(a: ShardRun, b: ShardRun): number {
  const stageOf = ({ plan, mine }: ShardRun): number =>
    plan.stages.findIndex(({ id }) => mine.shard.stages?.includes(id) ?? true)
  return (
    stageOf(a) - stageOf(b) ||
    a.mine.shard.count - b.mine.shard.count ||
    a.mine.shard.index - b.mine.shard.index
  )
}

/** The same for the same shards, so that merging again is no second run in a history. */
function mergedName(shards: readonly ShardRun[]): string {
  const began = shards.reduce((first, { state }) => Math.min(first, state.startedAt), Infinity)
  const stamp = formatInstant(began).replace(/[-:]|\.\d+/g, '')
  return `${stamp}-${sha256(shards.map(({ state }) => state.run).join(' ')).slice(0, 8)}`
}

/** The merged folder is replaced, and what a merge keeps of its shards has no evidence. @throws AppError RUN_EXISTS (user) */
function refuseInside(out: string, folder: string): void {
  if (folder !== out && !folder.startsWith(join(out, sep))) return
  throw new AppError('RUN_EXISTS', 'user', `${folder} lies in ${out}, which the merge would replace`, {
    where: { file: folder },
    hint: 'give the run folders of the shards as the runners made them',
  })
}

/** @throws AppError RUN_EXISTS (user) unless `out` is free, or holds a merge of this plan */
async function refuseOtherRun(out: string, plan: string): Promise<void> {
  const found = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new AppError('OUTPUT_FOLDER', 'user', `${out} cannot be used as a folder`, {
      where: { file: out },
      hint: 'choose another --out',
      cause: error,
    })
  })
  if (found.length === 0) return
  const state = await readRunState(out, { details: false }).catch(() => undefined)
  if (state !== undefined && state.shards.length > 0 && state.plan === plan) return
  throw new AppError('RUN_EXISTS', 'user', `${out} holds something else than a merge of this plan`, {
    where: { file: out },
    hint: 'choose another --out',
  })
}
