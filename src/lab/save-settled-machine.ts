/** Boots a cell's machine without the candidate, waits until it has come to rest, and saves it while it runs. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DeadlineError, withDeadline } from '../kit/deadline.ts'
import { AppError } from '../model/errors.ts'
import type { MachineProfile } from '../model/machine-profile.ts'
import type { LoadedProduct } from '../model/product.ts'
import type { OsName } from '../model/recipe.ts'
import { ChannelLost, type Channel } from '../sdk/channel.ts'
import type { Context } from '../sdk/context.ts'
import type { BootFacts } from '../sdk/guest-os.ts'
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

/** As long as a first start may take in a cell, or, of Windows, as long as its provision leaves time for the rest. */
const START_SECONDS: Readonly<Record<OsName, number>> = { linux: 240, windows: 1200 }
const DEFAULT_SETTLE_SECONDS = 300

/**
 * The files of the saved machine lie in `folder`. Leaves no machine behind.
 * @throws AppError with fault host: HOST_UNSETTLED when the guest does not come to rest, as it would on every other host,
 * HOST_CHECKPOINT when this host loses or cannot save the machine; what the provider throws
 */
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
    const told = (reason: string, blamed: 'guest' | 'host'): AppError =>
      blamed === 'guest' ? unsettled(reason) : checkpointError(reason)
    return await withBuildingMachine(machine, told, ctx, async (inner) => {
      if (machine.savable === undefined)
        throw checkpointError(`the provider ${parts.provider.name} cannot save this machine`)
      const facts = await startAndSettle(machine, parts, inner)
      return { state: await machine.savable.save(folder, inner), facts }
    })
  } catch (error) {
    if (!(error instanceof ChannelLost)) throw error
    throw unsettled(`the guest was lost before it was settled: ${error.message}`)
  } finally {
    await rm(join(folder, 'machine'), { recursive: true, force: true })
  }
}

function checkpointError(reason: string): AppError {
  return new AppError('HOST_CHECKPOINT', 'host', reason)
}

/** The product's doing, as on every other host; a host that cannot save or restore is another matter. */
function unsettled(reason: string): AppError {
  return new AppError('HOST_UNSETTLED', 'host', reason)
}

/** A kill in the middle of an earlier save left its machine; the lock on this checkpoint says that no process makes it now. */
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

async function startAndSettle(
  machine: Machine,
  parts: CheckpointParts,
  ctx: Context,
): Promise<SettledMachine['facts']> {
  const { os } = parts
  const began = ctx.clock.now()
  await machine.start(ctx)
  const started = 'the start of the machine'
  const guest = await guestWithin(started, START_SECONDS[os.name], ctx, (inner) =>
    settledGuest(machine, os, undefined, inner),
  )
  try {
    const bootMs = ctx.clock.now() - began
    const seconds = settleSeconds(parts)
    // Beyond its seconds only for a guest that does not answer at all: a guest that answers is told with what it waits for.
    return await guestWithin('its coming to rest', seconds + DEFAULT_SETTLE_SECONDS, ctx, async (inner) => {
      const { bootId, bootCount } = await os.boot(guest, inner)
      await settle(guest, seconds, parts, inner)
      const now = await os.boot(guest, inner)
      if (now.bootId !== bootId || now.mode !== 'normal')
        throw unsettled('the machine restarted by itself before it could be saved')
      return { bootId, bootCount, bootMs }
    })
  } finally {
    await guest.close().catch(() => undefined)
  }
}

function settleSeconds({ os, products }: CheckpointParts): number {
  const ready = products.map((product) => product.health[os.name]?.readyTimeoutSeconds ?? 0)
  return Math.max(DEFAULT_SETTLE_SECONDS, ...ready)
}

/** Settled twice in a row, one poll apart: what is still on its way down must not be saved. */
async function settle(guest: Channel, seconds: number, parts: CheckpointParts, ctx: Context): Promise<void> {
  const until = Math.min(ctx.deadline, ctx.clock.now() + seconds * 1000)
  for (let calm = 0; calm < 2;) {
    const reason = await notYetSettled(parts.products, guest, parts, ctx)
    calm = reason === undefined ? calm + 1 : 0
    if (reason !== undefined && ctx.clock.now() + SETTLE_POLL_MS > until)
      throw unsettled(`the machine was not settled after ${seconds} s: ${reason}`)
    await ctx.clock.sleep(SETTLE_POLL_MS, ctx.signal)
  }
}

/** Work that waits for the guest alone. @throws AppError HOST_UNSETTLED when its time is over, unless the caller's ended first */
async function guestWithin<T>(
  what: string,
  seconds: number,
  ctx: Context,
  work: (ctx: Context) => Promise<T>,
): Promise<T> {
  const deadline = Math.min(ctx.deadline, ctx.clock.now() + seconds * 1000)
  try {
    return await withDeadline(what, { ...ctx, deadline }, (signal) => work({ ...ctx, signal, deadline }))
  } catch (error) {
    if (error instanceof DeadlineError && deadline < ctx.deadline) throw unsettled(error.message)
    throw error
  }
}
