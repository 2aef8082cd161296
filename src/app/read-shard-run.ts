/** What a merge must know of one shard's run folder. It may come from anywhere: nothing in it is taken on trust. */
import { planId } from '../inputs/load-plan.ts'
import { sha256File } from '../kit/hash.ts'
import { oneLine } from '../kit/text.ts'
import { AppError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import { emptyRunState, foldEvent, type RunState } from '../model/run-state.ts'
import { runEvents } from '../record/run-events.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { readRunInputs, type RunInputs } from '../record/run-inputs.ts'
import { readWholePlan } from '../record/run-plan.ts'
import { readRunShard, type RunShard } from '../record/run-shard.ts'

export interface ShardRun {
  /** Absolute. */
  readonly folder: string
  readonly plan: Plan
  readonly mine: RunShard
  readonly inputs: RunInputs
  /** Without what the attempts saw. */
  readonly state: RunState
  /** Who worked on it, in the order of its sessions, each once. */
  readonly runners: readonly string[]
  readonly journalSha256: string
}

/** @throws AppError RUN_UNREADABLE, JOURNAL_DAMAGED, MERGE_NO_SHARD, MERGE_FOREIGN (user) */
export async function readShardRun(folder: string): Promise<ShardRun> {
  const [plan, inputs, mine] = await Promise.all([
    readWholePlan(folder),
    readRunInputs(folder),
    readRunShard(folder),
  ])
  if (mine === undefined)
    throw new AppError('MERGE_NO_SHARD', 'user', `${folder} holds no shard`, {
      where: { file: folder },
      hint: 'give the run folders that `ringzero run --plan FILE --shard i/n` made',
    })
  const state = emptyRunState({ details: false })
  const runners = new Set<string>()
  for await (const event of runEvents(folder)) {
    foldEvent(state, event)
    if (event.type === 'session-opened') runners.add(runnerName(event.host))
  }
  const { journal } = runFolderPaths(folder)
  if (state.run === '')
    throw new AppError('MERGE_UNFINISHED', 'user', `${folder} holds a shard that never began`, {
      where: { file: folder },
      hint: `run it: ringzero resume ${folder}`,
    })
  if (planId(plan) !== plan.id || state.plan !== plan.id || mine.plan !== plan.id)
    throw new AppError('MERGE_FOREIGN', 'user', `the files of ${folder} do not belong to one plan`, {
      where: { file: folder },
      hint: 'take the run folder from the runner again, whole',
    })
  return {
    folder,
    plan,
    inputs,
    mine,
    state,
    runners: [...runners],
    journalSha256: await sha256File(journal),
  }
}

/** A runner's name as it is shown; it comes from its environment. */
export function runnerName(host: string): string {
  return oneLine(host, 80) || 'unknown'
}
