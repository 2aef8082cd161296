/** The settled machine of a cell, saved while it ran: made once for each machine and host, and pinned while the run uses it. */
import { hashJson } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import type { PlannedCell } from '../model/plan.ts'
import type { LoadedProduct } from '../model/product.ts'
import { ensureCheckpoint, listCheckpoints, type OpenCheckpoint } from '../lab/checkpoints.ts'
import type { CellCheckpoint, RunParts } from '../run/run-parts.ts'
import type { Context } from '../sdk/context.ts'
import type { BootSource } from '../sdk/provider.ts'
import type { LoadedLab } from '../inputs/load-lab.ts'
import type { OpenLab } from './open-lab.ts'

/** What of an opened lab is needed. */
type CheckpointLab = Pick<OpenLab, 'hosts' | 'products'> & { readonly lab: Pick<LoadedLab, 'storeFolder'> }
type CheckpointFor = NonNullable<RunParts['checkpointFor']>

export interface CellCheckpoints {
  /** @throws AppError fault host when the machine does not settle or cannot be saved */
  readonly checkpointFor: CheckpointFor
  /** Content hashes of the stored checkpoints that were not invalidated. */
  readonly contents: () => Promise<ReadonlySet<string>>
  /** Unpins everything. */
  readonly release: () => Promise<void>
}

/** Checkpoints for the cells of one run on this lab. Equal machines share one, also when they ask at the same time. */
export function cellCheckpoints(opened: CheckpointLab, sourceFor: RunParts['sourceFor']): CellCheckpoints {
  const making = new Map<string, Promise<CellCheckpoint>>()
  const pinned: OpenCheckpoint[] = []
  const open = async (
    cell: PlannedCell,
    host: string,
    ctx: Context,
    secret: (name: string) => string,
    forget: () => void,
  ): Promise<CellCheckpoint> => {
    const source = await sourceFor(cell, host, ctx, secret)
    const checkpoint = await ensureCheckpoint(requestOf(opened, cell, host, source, secret), ctx)
    pinned.push(checkpoint)
    const { manifest, savedState } = checkpoint
    return {
      source,
      savedState,
      sha256: manifest.sha256,
      bootId: manifest.bootId,
      bootCount: manifest.bootCount,
      bootMs: manifest.bootMs,
      async invalidate(reason) {
        // First the mark: who asks in between must not find the invalidated one once more.
        await checkpoint.invalidate(reason).finally(forget)
      },
    }
  }
  return {
    async checkpointFor(cell, host, ctx, secret) {
      const key = hashJson([host, cell.image, cell.products, cell.machine])
      const known = making.get(key)
      if (known !== undefined) return await known
      const fresh: Promise<CellCheckpoint> = open(cell, host, ctx, secret, () => {
        // Somebody else may have found it invalidated, too, and have asked for the next one.
        if (making.get(key) === fresh) making.delete(key)
      })
      making.set(key, fresh)
      try {
        return await fresh
      } catch (error) {
        making.delete(key)
        throw error
      }
    },
    async contents() {
      const kept = await listCheckpoints(opened.lab.storeFolder)
      return new Set(kept.filter(({ invalidated }) => !invalidated).map(({ sha256 }) => sha256))
    },
    async release() {
      await Promise.allSettled(making.values())
      for (const checkpoint of pinned) await checkpoint.release()
    },
  }
}

function requestOf(
  { lab, hosts, products }: CheckpointLab,
  cell: PlannedCell,
  hostName: string,
  source: BootSource,
  secret: (name: string) => string,
): Parameters<typeof ensureCheckpoint>[0] {
  const parts = hosts.find((entry) => entry.host.name === hostName)
  const os = parts?.guests.get(cell.os)
  if (parts === undefined || os === undefined)
    throw new AppError('BUG_HOST', 'tool', `no host is called "${hostName}"`)
  const { provider, host } = parts
  const refused = provider.savedStates?.refuse(cell.machine, cell.os) ?? ['it saves no running machines']
  if (provider.savedStates === undefined || refused.length > 0)
    throw new AppError('HOST_CHECKPOINT', 'host', `host ${hostName}: ${refused.join('; ')}`, {
      hint: 'plan again: the host has changed since',
    })
  return {
    provider,
    savedStates: provider.savedStates,
    host: host.name,
    os,
    secret,
    source,
    profile: cell.machine,
    allowNetwork: host.allowNetwork ?? false,
    image: cell.image,
    products: cell.products.map((id): LoadedProduct => {
      const product = products.get(id)
      if (product === undefined) throw new AppError('BUG_PRODUCT', 'tool', `the lab has no product "${id}"`)
      return product
    }),
    store: lab.storeFolder,
  }
}
