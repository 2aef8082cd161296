/** Boots a source, installs one product, waits until it is healthy and the guest at rest, shuts down and seals the disk. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { oneLine } from '../kit/text.ts'
import { AppError } from '../model/errors.ts'
import type { MachineProfile } from '../model/machine-profile.ts'
import type { LoadedProduct } from '../model/product.ts'
import type { OsName } from '../model/recipe.ts'
import type { Channel } from '../sdk/channel.ts'
import type { Context } from '../sdk/context.ts'
import type { Fingerprint, GuestOs } from '../sdk/guest-os.ts'
import type { Artifact, Installer, Target } from '../sdk/installer.ts'
import type { BootSource, Machine, Provider } from '../sdk/provider.ts'
import { withBuildingMachine } from './building-machine.ts'
import { SETTLE_POLL_MS, failedCommand, notYetSettled, settledGuest } from './settled-guest.ts'

/** What building a layer needs of the rest of the house. */
export interface LayerParts {
  readonly provider: Provider
  /** Name of the lab's host. */
  readonly host: string
  readonly os: GuestOs
  /** @throws AppError when no installer installs this kind in this guest OS */
  readonly installerFor: (kind: string, os: OsName) => Installer
  /** The product as an installer gets it, its recipe complete. @throws AppError fault user */
  readonly artifactOf: (product: LoadedProduct, os: OsName) => Artifact
  readonly secret: (name: string) => string
  /** Hardware of the machine that the layer is built on; default one processor and 512 MiB. */
  readonly profile?: MachineProfile
  /** Whether the host lends its network to a product that is installed over one. */
  readonly allowNetwork?: boolean
}

interface LayerJob {
  readonly below: BootSource
  readonly product: LoadedProduct
  readonly key: string
  /** Absolute; gets the sealed disk. */
  readonly folder: string
}

/** Marks machines that build layers and checkpoints, so that a sweep knows them. */
export const LAYER_RUN = 'layers'
const DEFAULT_PROFILE: MachineProfile = { cpu: { count: 1 }, memoryMiB: 512 }
const MOST_OWNED = 20_000
const DEFAULT_READY_SECONDS = 120

/** @throws AppError HOST_LAYER with fault host; what provider, channel and installer throw. Leaves no machine behind. */
export async function installLayer(
  job: LayerJob,
  parts: LayerParts,
  ctx: Context,
): Promise<{
  readonly path: string
  readonly format: 'qcow2' | 'raw' | 'vhdx'
  /** What came with the product; absent where the guest OS cannot be looked at as a whole. */
  readonly owned?: string[]
}> {
  await destroyLeftover(job, parts, ctx)
  const machine = await createMachine(job, parts, ctx)
  const told = (reason: string): AppError => layerError(job.product, reason)
  return await withBuildingMachine(machine, told, ctx, async (inner) => {
    await machine.start(inner)
    const owned = await install(job, machine, parts, inner)
    await machine.stop('guest', inner)
    if (machine.sealable === undefined)
      throw layerError(job.product, `the provider ${parts.provider.name} cannot seal disks`)
    const sealed = await machine.sealable.seal(join(job.folder, `disk.${job.below.diskFormat}`), inner)
    return { ...sealed, ...(owned === undefined ? {} : { owned }) }
  })
}

/** A kill in the middle of an earlier build left its machine; the lock on this layer says that no process builds it now. */
async function destroyLeftover(job: LayerJob, parts: LayerParts, ctx: Context): Promise<void> {
  for (const ref of await parts.provider.listMachines(LAYER_RUN, ctx)) {
    if (ref.cell !== cellOf(job)) continue
    const machine = await parts.provider.adopt(ref, ctx)
    await machine?.destroy(ctx)
  }
}

async function createMachine(job: LayerJob, parts: LayerParts, ctx: Context): Promise<Machine> {
  const folder = join(job.folder, 'machine')
  await mkdir(folder, { recursive: true })
  return await parts.provider.create(
    {
      ref: {
        provider: parts.provider.name,
        host: parts.host,
        run: LAYER_RUN,
        cell: cellOf(job),
        arm: 'control',
        attempt: 1,
        name: `rz-layer-${cellOf(job)}`,
        details: {},
      },
      source: job.below,
      profile: profileFor(job, parts),
      folder,
      allowNetwork: job.product.installNeedsNetwork === true,
    },
    ctx,
  )
}

function profileFor({ product }: LayerJob, parts: LayerParts): MachineProfile {
  const profile = parts.profile ?? DEFAULT_PROFILE
  if (product.installNeedsNetwork !== true) return profile
  if (parts.allowNetwork !== true)
    throw layerError(product, `it is installed over a network, and host ${parts.host} grants none`)
  return { ...profile, network: { access: 'open' } }
}

function cellOf(job: LayerJob): string {
  return job.key.slice(0, 12)
}

async function install(
  job: LayerJob,
  machine: Machine,
  parts: LayerParts,
  ctx: Context,
): Promise<string[] | undefined> {
  const { product } = job
  const { os } = parts
  const installer = parts.installerFor(product.kind, os.name)
  let guest = await settledGuest(machine, os, undefined, ctx)
  const target: Target = { guest, os, secret: parts.secret }
  const before = await os.fingerprint?.([], guest, ctx)
  const { fact, restartDue } = await installer.apply(parts.artifactOf(product, os.name), target, ctx)
  if (fact.outcome !== 'ok' && fact.outcome !== 'reboot')
    throw layerError(product, `its installation ended as ${fact.outcome}: ${oneLine(fact.detail, 400)}`)
  if (restartDue) {
    const { bootId } = await os.boot(guest, ctx)
    machine.expectRestart()
    await os.restart(guest, ctx)
    guest = await settledGuest(machine, os, bootId, ctx)
  }
  await proveInstalled(product, installer, { ...target, guest }, parts, ctx)
  await awaitHealth(product, guest, parts, ctx)
  await freeze(product, guest, parts, ctx)
  const after = await os.fingerprint?.([], guest, ctx)
  guest.close().catch(() => undefined)
  return before === undefined || after === undefined ? undefined : addedItems(before, after)
}

/** What the guest has now and had not before, and is no folder: that belongs to the product, whatever its package names. */
function addedItems(before: Fingerprint, after: Fingerprint): string[] {
  const known = new Set(before.items.map(({ aspect, item }) => `${aspect} ${item}`))
  return after.items
    .filter(({ traits }) => traits['type'] !== 'folder')
    .map(({ aspect, item }) => `${aspect} ${item}`.slice(0, 700))
    .filter((key) => !known.has(key))
    .slice(0, MOST_OWNED)
}

/** An exit code is no proof: what the recipe names to verify it must hold, after the restart where one was due. */
async function proveInstalled(
  product: LoadedProduct,
  installer: Installer,
  target: Target,
  parts: LayerParts,
  ctx: Context,
): Promise<void> {
  const artifact = parts.artifactOf(product, parts.os.name)
  const wrong = (await installer.verify(artifact, target, ctx)).find(({ holds }) => !holds)
  if (wrong === undefined) return
  const { subject, expected, seen } = wrong
  throw layerError(product, `${subject} should be ${oneLine(expected, 200)}, but is ${oneLine(seen, 300)}`)
}

/** Keeps the product from updating itself in the machines that stand on this layer, and proves it. */
async function freeze(
  product: LoadedProduct,
  guest: Channel,
  parts: LayerParts,
  ctx: Context,
): Promise<void> {
  const wanted = product.freeze?.[parts.os.name]
  if (wanted === undefined) return
  for (const command of wanted.run) {
    const reason = await failedCommand('its freeze command', command, guest, parts.secret, ctx)
    if (reason !== undefined) throw layerError(product, reason)
  }
  if (wanted.proof !== undefined) {
    const reason = await failedCommand('the proof that it is frozen', wanted.proof, guest, parts.secret, ctx)
    if (reason !== undefined) throw layerError(product, reason)
  }
  // The commands may have restarted its services.
  await awaitHealth(product, guest, parts, ctx)
}

/** Sealed only when settled: no restart pending, every wanted service up, the product's own health green, the guest idle. */
async function awaitHealth(
  product: LoadedProduct,
  guest: Channel,
  parts: LayerParts,
  ctx: Context,
): Promise<void> {
  const seconds = product.health[parts.os.name]?.readyTimeoutSeconds ?? DEFAULT_READY_SECONDS
  const until = Math.min(ctx.deadline, ctx.clock.now() + seconds * 1000)
  for (;;) {
    const reason = await notYetSettled([product], guest, parts, ctx)
    if (reason === undefined) return
    if (ctx.clock.now() + SETTLE_POLL_MS > until)
      throw layerError(product, `it was not settled after ${seconds} s: ${reason}`)
    await ctx.clock.sleep(SETTLE_POLL_MS, ctx.signal)
  }
}

function layerError(product: LoadedProduct, reason: string): AppError {
  return new AppError('HOST_LAYER', 'host', `product "${product.id}" cannot be put into a layer: ${reason}`, {
    hint: 'install it by hand in a machine of the lab, or correct its product.yaml',
  })
}
