/** Boots a cell's machine without the candidate, waits until it has come to rest, and saves it while it runs. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../model/errors.ts'
import type { MachineProfile } from '../model/machine-profile.ts'
import type { LoadedProduct } from '../model/product.ts'
import type { Context } from '../sdk/context.ts'
import type { BootFacts } from '../sdk/dialect.ts'
import type { BootSource, Machine, Provider, SavedState, SavedStates } from '../sdk/provider.ts'
import { withBuildingMachine } from './building-machine.ts'
import { LAYER_RUN } from './install-layer.ts'
import { SETTLE_POLL_MS, notYetSettled, settledGuest, type GuestParts } from './settled-guest.ts'

export interface CheckpointParts extends GuestParts {
  readonly provider: Provider
  readonly savedStates: SavedStates
  /** Name of the lab's host. */
  readonly host: string
  readonly allowNetwork: boolean
  /** The image with its products. */
  readonly source: BootSource
  readonly profile: MachineProfile
  /** Whose health says that it is settled. */
  readonly products: readonly LoadedProduct[]
}

export interface SettledMachine {
  readonly state: SavedState
  readonly facts: Pick<BootFacts, 'bootId' | 'bootCount'> & { readonly bootMs: number }
}

const DEFAULT_SETTLE_SECONDS = 300

/** The files of the saved machine lie in `folder`. @throws AppError HOST_CHECKPOINT with fault host; what the provider throws. Leaves no machine behind. */
export async function saveSettledMachine(
  parts: CheckpointParts,
  key: string,
  folder: string,
  ctx: Context,
): Promise<SettledMachine> {
  const cell = key.slice(0, 12)
  await destroyLeftover(cell, parts, ctx)
  const machine = await createMachine(cell, folder, parts, ctx)
  try {
    return await withBuildingMachine(machine, checkpointError, ctx, async (inner) => {
      if (machine.savable === undefined)
        throw checkpointError(`the provider ${parts.provider.name} cannot save this machine`)
      const facts = await startAndSettle(machine, parts, inner)
      return { state: await machine.savable.save(folder, inner), facts }
    })
  } finally {
    await rm(join(folder, 'machine'), { recursive: true, force: true })
  }
}

function checkpointError(reason: string): AppError {
  return new AppError('HOST_CHECKPOINT', 'host', reason)
}

/** A kill in the middle of an earlier save left its machine; the lock on this checkpoint says that nobody makes it now. */
async function destroyLeftover(cell: string, parts: CheckpointParts, ctx: Context): Promise<void> {
  for (const ref of await parts.provider.listMachines(LAYER_RUN, ctx)) {
    if (ref.cell !== cell) continue
    const machine = await parts.provider.adopt(ref, ctx)
    await machine?.destroy(ctx)
  }
}

async function createMachine(
  cell: string,
  folder: string,
  { provider, host, source, profile, allowNetwork }: CheckpointParts,
  ctx: Context,
): Promise<Machine> {
  const own = join(folder, 'machine')
  await mkdir(own, { recursive: true })
  const ref = {
    provider: provider.name,
    host,
    run: LAYER_RUN,
    cell,
    arm: 'control' as const,
    attempt: 1,
    name: `rz-checkpoint-${cell}`,
    details: {},
  }
  return await provider.create({ ref, source, profile, folder: own, allowNetwork }, ctx)
}

/** Settled twice in a row, one poll apart: what is still on its way down must not be saved. */
async function startAndSettle(
  machine: Machine,
  parts: CheckpointParts,
  ctx: Context,
): Promise<SettledMachine['facts']> {
  const { dialect, products } = parts
  const began = ctx.clock.now()
  await machine.start(ctx)
  const guest = await settledGuest(machine, dialect, undefined, ctx)
  try {
    const bootMs = ctx.clock.now() - began
    const { bootId, bootCount } = await dialect.boot(guest, ctx)
    const seconds = Math.max(
      DEFAULT_SETTLE_SECONDS,
      ...products.map((product) => product.health[dialect.name]?.readyTimeoutSeconds ?? 0),
    )
    const until = Math.min(ctx.deadline, ctx.clock.now() + seconds * 1000)
    for (let calm = 0; calm < 2;) {
      const reason = await notYetSettled(products, guest, parts, ctx)
      calm = reason === undefined ? calm + 1 : 0
      if (reason !== undefined && ctx.clock.now() + SETTLE_POLL_MS > until)
        // The product's doing, as on every other host; a host that cannot save or restore is another matter.
        throw new AppError(
          'HOST_UNSETTLED',
          'host',
          `the machine was not settled after ${seconds} s: ${reason}`,
        )
      await ctx.clock.sleep(SETTLE_POLL_MS, ctx.signal)
    }
    const now = await dialect.boot(guest, ctx)
    if (now.bootId !== bootId || now.mode !== 'normal')
      throw checkpointError('the machine restarted by itself before it could be saved')
    return { bootId, bootCount, bootMs }
  } finally {
    await guest.close().catch(() => undefined)
  }
}
