/** A run goes on only on the bits that it began with; else its machines could not be compared with those of the sessions before. */
import { hashJson } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { Policy } from '../model/policy.ts'
import type { RunState } from '../model/run-state.ts'
import { shardText } from '../model/shard-text.ts'
import type { RunShard } from '../record/run-shard.ts'
import type { LoadedCandidate } from '../model/candidate.ts'
import { findImage } from '../lab/image-store.ts'
import type { OpenLab } from './open-lab.ts'

export interface BegunRun {
  readonly plan: Plan
  /** What the sessions before wrote down. */
  readonly state: RunState
  readonly runFolder: string
}

/**
 * The matrix is in the run folder; what machines are made of and what is put into them must still be the same.
 * @throws AppError INPUT_CHANGED (user) naming the candidate, product or image that is another one now
 */
export async function refuseChanges(
  { plan, state, runFolder }: BegunRun,
  opened: OpenLab,
  candidate: LoadedCandidate,
): Promise<void> {
  const now = new Map([
    [`candidate ${candidate.id}`, candidate.sha256],
    ...[...opened.products].map(([id, product]) => [`product ${id}`, product.sha256] as const),
  ])
  const changed = plan.inputs.find(
    ({ role, name, sha256 }) =>
      (role === 'candidate' || role === 'product') && now.get(`${role} ${name}`) !== sha256,
  )
  const what =
    changed === undefined ? await changedImage(plan, state, opened) : `${changed.role} ${changed.name}`
  if (what === undefined) return
  throw new AppError('INPUT_CHANGED', 'user', `the ${what} changed since this run began`, {
    where: { file: runFolder },
    hint: what.startsWith('image')
      ? 'it was built anew meanwhile; start a new run'
      : 'put the old files back to resume, or start a new run',
  })
}

/**
 * A merged run is not gone on with, nor is a shard that an earlier stage kept from starting; and a shard goes on under its policy.
 * @throws AppError RUN_MERGED, SHARD_STOPPED, SHARD_POLICY (user)
 */
export function refuseResume(
  runFolder: string,
  state: RunState,
  mine: RunShard | undefined,
  policy: Policy,
): void {
  const where = { file: runFolder }
  if (state.shards.length > 0)
    throw new AppError('RUN_MERGED', 'user', 'a merged run is not resumed', {
      where,
      hint: 'resume the shard that is not finished, then merge again',
    })
  if (mine?.stopped !== undefined)
    throw new AppError('SHARD_STOPPED', 'user', `nothing of this shard was begun: ${mine.stopped}`, {
      where,
      hint: 'start it anew by `ringzero run --plan`, in another folder, when the earlier stage has passed',
    })
  if (mine !== undefined && mine.policy.sha256 !== hashJson(policy))
    throw new AppError(
      'SHARD_POLICY',
      'user',
      `shard ${shardText(mine.shard)} began under the policy ${mine.policy.id}, and this is ${policy.id}, or another version of it`,
      { where, hint: 'give the same --policy as before' },
    )
}

/** An image that attempts which count, or controls that were taken over, started from, and which is another or none now. */
async function changedImage(plan: Plan, state: RunState, { lab }: OpenLab): Promise<string | undefined> {
  const imageOf = new Map([...plan.cells, ...state.addedCells].map((cell) => [cell.id, cell.image]))
  const started = [
    ...state.attempts.filter(({ end }) => end === 'completed'),
    ...[...state.reusedControls].map(([cell, { imageSha256 }]) => ({ cell, imageSha256 })),
  ]
  for (const { cell, imageSha256 } of started) {
    const image = lab.images?.find(({ id }) => id === imageOf.get(cell))
    if (imageSha256 === undefined || image === undefined) continue
    if ((await findImage(image, lab.storeFolder))?.sha256 !== imageSha256) return `image ${image.id}`
  }
  return undefined
}
