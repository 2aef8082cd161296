/** Boots a source, installs one product, waits until it is healthy and the guest at rest, shuts down and seals the disk. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { oneLine } from '../kit/text.ts'
import { AppError } from '../model/errors.ts'
import type { GuestCommand } from '../model/command.ts'
import type { MachineProfile } from '../model/machine-profile.ts'
import type { LoadedProduct } from '../model/product.ts'
import type { DialectName } from '../model/recipe.ts'
import type { Channel } from '../sdk/channel.ts'
import type { Context } from '../sdk/context.ts'
import type { Dialect } from '../sdk/dialect.ts'
import type { Artifact, Installer, Target } from '../sdk/installer.ts'
import type { BootSource, Machine, Provider } from '../sdk/provider.ts'

/** What building a layer needs of the rest of the house. */
export interface LayerParts {
  readonly provider: Provider
  /** Name of the lab's host. */
  readonly host: string
  readonly dialect: Dialect
  /** @throws AppError when nobody installs this kind in this dialect */
  readonly installerFor: (kind: string, dialect: DialectName) => Installer
  /** The product as an installer gets it, its recipe complete. @throws AppError fault user */
  readonly artifactOf: (product: LoadedProduct, dialect: DialectName) => Artifact
  readonly secret: (name: string) => string
  /** Hardware of the machine that the layer is built on; default one processor and 512 MiB. */
  readonly profile?: MachineProfile
}

interface LayerJob {
  readonly below: BootSource
  readonly product: LoadedProduct
  readonly key: string
  /** Absolute; gets the sealed disk. */
  readonly folder: string
}

/** Marks machines that build layers, so that a sweep knows them. */
export const LAYER_RUN = 'layers'
const DEFAULT_PROFILE: MachineProfile = { cpu: { count: 1 }, memoryMiB: 512 }
const POLL_MS = 500
/** A guest with less than this share of its processors busy over one poll is at rest. */
const IDLE_BUSY = 0.5
const DEFAULT_READY_SECONDS = 120

/** @throws AppError HOST_LAYER with fault host; what provider, channel and installer throw. Leaves no machine behind. */
export async function installLayer(
  job: LayerJob,
  parts: LayerParts,
  ctx: Context,
): Promise<{ readonly path: string; readonly format: 'qcow2' | 'raw' | 'vhdx' }> {
  await destroyLeftover(job, parts, ctx)
  const machine = await createMachine(job, parts, ctx)
  try {
    await machine.start(ctx)
    await install(job, machine, parts, ctx)
    await machine.stop('guest', ctx)
    if (machine.sealable === undefined)
      throw layerError(job.product, `the provider ${parts.provider.name} cannot seal disks`)
    return await machine.sealable.seal(join(job.folder, `disk.${job.below.diskFormat}`), ctx)
  } finally {
    await machine.destroy(ctx)
  }
}

/** A kill in the middle of an earlier build left its machine; the lock on this layer says that nobody builds it now. */
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
      profile: parts.profile ?? DEFAULT_PROFILE,
      folder,
      allowNetwork: false,
    },
    ctx,
  )
}

function cellOf(job: LayerJob): string {
  return job.key.slice(0, 12)
}

async function install(job: LayerJob, machine: Machine, parts: LayerParts, ctx: Context): Promise<void> {
  const { product } = job
  const { dialect } = parts
  const installer = parts.installerFor(product.kind, dialect.name)
  let guest = await settledGuest(machine, parts, undefined, ctx)
  const target: Target = { guest, dialect, secret: parts.secret }
  const { fact, restartDue } = await installer.apply(parts.artifactOf(product, dialect.name), target, ctx)
  if (fact.outcome !== 'ok' && fact.outcome !== 'reboot')
    throw layerError(product, `its installation ended as ${fact.outcome}: ${oneLine(fact.detail, 400)}`)
  if (restartDue) {
    const { bootId } = await dialect.boot(guest, ctx)
    machine.expectRestart()
    await dialect.restart(guest, ctx)
    guest = await settledGuest(machine, parts, bootId, ctx)
  }
  await awaitHealth(product, guest, parts, ctx)
  guest.close().catch(() => undefined)
}

/** A link to a guest whose start has ended; with `before`, to one that has restarted since. */
async function settledGuest(
  machine: Machine,
  parts: LayerParts,
  before: string | undefined,
  ctx: Context,
): Promise<Channel> {
  for (;;) {
    ctx.signal.throwIfAborted()
    const guest = await machine.connect(ctx)
    try {
      for (;;) {
        const boot = await parts.dialect.boot(guest, ctx)
        if (boot.finished && boot.bootId !== before) return guest
        await ctx.clock.sleep(POLL_MS, ctx.signal)
      }
    } catch (error) {
      // The old start's agent may still have answered when the restart cut the link.
      if (!(error instanceof Error && error.name === 'ChannelLost') || before === undefined) throw error
      await ctx.clock.sleep(POLL_MS, ctx.signal)
    }
  }
}

/** Sealed only when settled: no restart pending, every wanted service up, the product's own health green, the guest idle. */
async function awaitHealth(
  product: LoadedProduct,
  guest: Channel,
  parts: LayerParts,
  ctx: Context,
): Promise<void> {
  const seconds = product.health[parts.dialect.name]?.readyTimeoutSeconds ?? DEFAULT_READY_SECONDS
  const until = Math.min(ctx.deadline, ctx.clock.now() + seconds * 1000)
  for (;;) {
    const reason = await notYetSettled(product, guest, parts, ctx)
    if (reason === undefined) return
    if (ctx.clock.now() + POLL_MS > until)
      throw layerError(product, `it was not settled after ${seconds} s: ${reason}`)
    await ctx.clock.sleep(POLL_MS, ctx.signal)
  }
}

async function notYetSettled(
  product: LoadedProduct,
  guest: Channel,
  { dialect, secret }: LayerParts,
  ctx: Context,
): Promise<string | undefined> {
  const health = product.health[dialect.name]
  const boot = await dialect.boot(guest, ctx)
  if (boot.pendingRestart.length > 0) return `a restart is pending: ${boot.pendingRestart.join(', ')}`
  const services = await dialect.services(guest, ctx)
  const down = services.find((service) => service.wanted && service.state !== 'running')
  if (down !== undefined) return `service ${down.name} is ${down.state}`
  const absent = health?.services?.find((name) => !services.some((service) => service.name === name))
  if (absent !== undefined) return `there is no service ${absent}`
  const loaded = (health?.drivers ?? []).length === 0 ? new Map() : await dialect.drivers(guest, ctx)
  const unloaded = health?.drivers?.find((name) => !loaded.has(name))
  if (unloaded !== undefined) return `driver ${unloaded} is not loaded`
  const unhealthy =
    health?.probe === undefined ? undefined : await failedProbe(health.probe, guest, secret, ctx)
  if (unhealthy !== undefined) return unhealthy
  const { cpuBusy } = await dialect.resources(guest, ctx)
  return cpuBusy > IDLE_BUSY ? `its processors are ${Math.round(cpuBusy * 100)} % busy` : undefined
}

async function failedProbe(
  probe: GuestCommand,
  guest: Channel,
  secret: LayerParts['secret'],
  ctx: Context,
): Promise<string | undefined> {
  const secrets = Object.entries(probe.secretEnvironment ?? {}).map(
    ([name, key]) => [name, secret(key)] as const,
  )
  const { exitCode, stdout, stderr } = await guest.exec(
    {
      program: probe.program,
      arguments: probe.arguments,
      environment: { ...probe.environment, ...Object.fromEntries(secrets) },
      ...(probe.input === undefined ? {} : { input: probe.input }),
    },
    ctx,
  )
  const said = oneLine(`${stdout.toString('utf8')} ${stderr.toString('utf8')}`, 200)
  return exitCode === 0 ? undefined : `its health probe ends with ${exitCode}: ${said}`
}

function layerError(product: LoadedProduct, reason: string): AppError {
  return new AppError('HOST_LAYER', 'host', `product "${product.id}" cannot be put into a layer: ${reason}`, {
    hint: 'install it by hand in a machine of the lab, or correct its product.yaml',
  })
}
