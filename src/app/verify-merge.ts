/** `ringzero verify RUN` of a merged run: whether each shard did what was signed for it, and whether the merge says what they say. */
import type { KeyObject } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { hashJson } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import type { RunEvent } from '../model/event.ts'
import type { MergedShard } from '../model/run-state.ts'
import type { BundleProblem } from '../publish/verify-bundle.ts'
import { readRunState } from '../record/read-run-state.ts'
import { runEvents } from '../record/run-events.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { readRunInputs } from '../record/run-inputs.ts'
import { readWholePlan } from '../record/run-plan.ts'
import { mergedEvents } from './merged-events.ts'
import type { EarlierRun } from './pre-register.ts'
import { readShardRun, type ShardRun } from './read-shard-run.ts'
import { refuseUnfit } from './refuse-merge.ts'
import { repeatedRuns, verifyRun } from './verify-run.ts'

/** `merged`: the shards that its journal names. @throws AppError RUN_UNREADABLE, JOURNAL_DAMAGED (user) of the merge itself */
export async function verifyMerge(
  runFolder: string,
  merged: readonly MergedShard[],
  publicKey: KeyObject,
): Promise<{ readonly problems: readonly BundleProblem[]; readonly repeats: readonly EarlierRun[] }> {
  const root = runFolderPaths(runFolder)
  const problems: BundleProblem[] = []
  const note = (path: string, what: string): void =>
    void problems.push({ file: relative(runFolder, path).replaceAll('\\', '/'), what })
  const folders = merged.map((_, at) => join(root.shards, String(at + 1)))
  const shards: ShardRun[] = []
  for (const folder of folders) {
    try {
      shards.push(await readShardRun(folder))
      for (const { file, what } of await verifyRun(folder, publicKey)) note(join(folder, file), what)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      note(folder, `is no record of a shard: ${error.message}`)
    }
  }
  for (const name of await readdir(root.shards).catch(() => []))
    if (!folders.includes(join(root.shards, name)))
      note(join(root.shards, name), 'is of no shard of this run')
  if (shards.length === folders.length) await compare(runFolder, shards, note)
  const known = shards.map(({ folder }) => folder)
  return { problems, repeats: await repeatedRuns(known, publicKey) }
}

type Note = (path: string, what: string) => void

/** Whether the merge is that of these shards, and these are all of their plan. */
async function compare(runFolder: string, shards: readonly ShardRun[], note: Note): Promise<void> {
  const { plan, inputs, journal, shards: folder } = runFolderPaths(runFolder)
  try {
    refuseUnfit(shards)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    note(folder, `are not all shards of one plan: ${error.message}`)
  }
  const [first] = shards
  if (hashJson(await readWholePlan(runFolder)) !== hashJson(first?.plan))
    note(plan, 'is not the plan of its shards')
  if (hashJson(await readRunInputs(runFolder)) !== hashJson(first?.inputs))
    note(inputs, 'is not what its shards began with')
  const { run } = await readRunState(runFolder, { details: false })
  const line = await firstForeignLine(runEvents(runFolder), mergedEvents(shards, run))
  if (line !== undefined)
    note(journal, `does not say what the journals of its shards say, from line ${line} on`)
}

/** The first line of a merged journal, counted from 1, that does not come from its shards; evidence that was left out is none. */
async function firstForeignLine(
  written: AsyncIterable<RunEvent>,
  expected: AsyncIterable<{ readonly event: RunEvent }>,
): Promise<number | undefined> {
  const lines = written[Symbol.asyncIterator]()
  let line = 1
  let next = await lines.next()
  for await (const { event } of expected) {
    if (next.done !== true && hashJson(next.value) === hashJson(event)) {
      line += 1
      next = await lines.next()
    } else if (event.type !== 'evidence-saved') return line
  }
  return next.done === true ? undefined : line
}
