/** Which shards are one run: all of one plan, each once, under the same rules. Every other set is refused with its own message. */
import { hashJson } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { Policy } from '../model/policy.ts'
import { shardText } from '../model/shard-text.ts'
import { divideCells, shardCells } from '../plan/shards.ts'
import type { ShardRun } from './read-shard-run.ts'

/** @throws AppError MERGE_* (user) */
export function refuseMerge(shards: readonly ShardRun[], policy: Policy): void {
  refuseUnfit(shards)
  for (const shard of shards)
    if (shard.mine.policy.sha256 !== hashJson(policy))
      throw refusal(
        'MERGE_OTHER_POLICY',
        `${named(shard)} ran under the policy ${shard.mine.policy.id}, and the merge is to be decided by ${policy.id}, or another version of it`,
        'give the --policy that the shards ran under; `ringzero gate` decides under any other afterwards',
      )
}

/** That these are all shards of one plan, each once and at its end. @throws AppError MERGE_* (user) */
export function refuseUnfit(shards: readonly ShardRun[]): void {
  const [first] = shards
  if (first === undefined)
    throw refusal('MERGE_MISSING', 'there is no shard', 'give the run folders of all shards')
  for (const shard of shards) {
    refuseOther(first, shard)
    refuseForeign(shard)
    if (shard.mine.shard.cells !== undefined)
      throw refusal(
        'MERGE_FOREIGN',
        `${named(shard)} ran cells that a person chose: it is no share of a plan`,
        'leave it out',
      )
  }
  refuseDoubled(shards)
  refuseMissing(first.plan, shards)
  for (const shard of shards)
    if (!shard.state.closed)
      throw refusal(
        'MERGE_UNFINISHED',
        `${named(shard)} did not come to its end`,
        `go on with it, then merge again: ringzero resume ${shard.folder}`,
      )
}

function refuseOther(first: ShardRun, shard: ShardRun): void {
  const pair = `${named(first)} and ${named(shard)}`
  if (shard.plan.id !== first.plan.id)
    throw refusal('MERGE_OTHER_PLAN', `${pair} are of different plans`, 'give the shards of one plan')
  if (shard.state.toolVersion !== first.state.toolVersion)
    throw refusal(
      'MERGE_OTHER_TOOL',
      `${pair} ran with different versions of ringzero: ${first.state.toolVersion} and ${shard.state.toolVersion}`,
      'run the shards again with one version',
    )
  const planned = shard.plan.inputs.find(({ role }) => role === 'candidate')?.sha256
  const { candidateSha256, matrix, candidate } = shard.inputs
  if (candidateSha256 !== planned || hashJson(candidate) !== hashJson(first.inputs.candidate))
    throw refusal(
      'MERGE_OTHER_CANDIDATE',
      `${named(shard)} tested another candidate than the plan is for`,
      'run it again with the planned candidate',
    )
  if (hashJson(matrix) !== hashJson(first.inputs.matrix))
    throw refusal('MERGE_OTHER_PLAN', `${pair} were run with different matrices`, 'run them again with one')
}

/** What it says of itself must be what the plan says of this shard, and its journal must speak of its own cells only. */
function refuseForeign(shard: ShardRun): void {
  const { plan, mine, state } = shard
  const { index, count, stages } = mine.shard
  const known = new Set(plan.stages.map(({ id }) => id))
  const fits =
    index <= count &&
    (stages ?? []).every((stage) => known.has(stage)) &&
    hashJson(state.shard ?? null) === hashJson(mine.shard) &&
    hashJson(shardCells(plan, mine.shard)) === hashJson(mine.cells)
  if (!fits)
    throw refusal(
      'MERGE_FOREIGN',
      `${named(shard)} is not what the plan says of that shard`,
      'take the run folder from the runner again, or run the shard again',
    )
  const cells = new Set(mine.cells)
  const foreign = [...state.attempts.map(({ cell }) => cell), ...state.addedCells.map(({ id }) => id)].find(
    (cell) => !cells.has(cell),
  )
  if (foreign !== undefined)
    throw refusal(
      'MERGE_FOREIGN',
      `${named(shard)} has attempts of a cell of another shard (${foreign.slice(0, 20)})`,
      'run the shard again',
    )
}

function refuseDoubled(shards: readonly ShardRun[]): void {
  const owners = new Map<string, ShardRun>()
  const runs = new Map<string, ShardRun>()
  for (const shard of shards) {
    const other =
      runs.get(shardText(shard.mine.shard)) ??
      shard.mine.cells.map((cell) => owners.get(cell)).find((owner) => owner !== undefined)
    if (other !== undefined)
      throw refusal(
        'MERGE_DOUBLED',
        shardText(other.mine.shard) === shardText(shard.mine.shard)
          ? `shard ${shardText(shard.mine.shard)} is there twice: ${other.folder} and ${shard.folder}`
          : `${named(other)} and ${named(shard)} have cells in common`,
        'leave one of them out',
      )
    runs.set(shardText(shard.mine.shard), shard)
    for (const cell of shard.mine.cells) owners.set(cell, shard)
  }
}

function refuseMissing(plan: Plan, shards: readonly ShardRun[]): void {
  const there = new Set(shards.map(({ mine }) => shardText(mine.shard)))
  const missing = new Set<string>()
  for (const { mine } of shards) {
    const { count, stages } = mine.shard
    divideCells(plan, mine.shard).forEach((cells, at) => {
      const name = shardText({ index: at + 1, count, ...(stages === undefined ? {} : { stages }) })
      if (!there.has(name)) missing.add(`${name} (${cells.length} cells)`)
    })
  }
  if (missing.size > 0)
    throw refusal(
      'MERGE_MISSING',
      `shard ${[...missing].slice(0, 10).join(', ')} is missing`,
      'give the run folders of all shards',
    )
  const covered = new Set(shards.flatMap(({ mine }) => mine.cells))
  const open = plan.stages.filter(({ cells }) => cells.some((cell) => !covered.has(cell)))
  if (open.length > 0)
    throw refusal(
      'MERGE_MISSING',
      `no shard has the cells of stage ${open.map(({ id }) => id).join(', ')}`,
      'give the run folders of the shards of every stage',
    )
}

function named({ mine, folder }: ShardRun): string {
  return `shard ${shardText(mine.shard)} (${folder})`
}

function refusal(code: string, message: string, hint: string): AppError {
  return new AppError(code, 'user', message, { hint })
}
