/** When a guest has come to rest: only then is its disk sealed as a layer, or the running machine as a checkpoint. */
import { oneLine } from '../kit/text.ts'
import type { GuestCommand } from '../model/command.ts'
import { sameGuestName } from '../model/guest-name.ts'
import type { LoadedProduct } from '../model/product.ts'
import type { Channel } from '../sdk/channel.ts'
import type { Context } from '../sdk/context.ts'
import type { GuestOs } from '../sdk/guest-os.ts'
import type { Machine } from '../sdk/provider.ts'

/** Who asks the guest. */
export interface GuestParts {
  readonly os: GuestOs
  readonly secret: (name: string) => string
}

/** Between two questions to a guest that is not there yet. */
export const SETTLE_POLL_MS = 500
/** A guest with less than this share of its processors busy over one poll is at rest. */
const IDLE_BUSY = 0.5

/** A link to a guest whose start has ended; with `before`, to a guest that has restarted since. */
export async function settledGuest(
  machine: Machine,
  os: GuestOs,
  before: string | undefined,
  ctx: Context,
): Promise<Channel> {
  for (;;) {
    ctx.signal.throwIfAborted()
    const guest = await machine.connect(ctx)
    try {
      for (;;) {
        const boot = await os.boot(guest, ctx)
        if (boot.finished && boot.bootId !== before) return guest
        await ctx.clock.sleep(SETTLE_POLL_MS, ctx.signal)
      }
    } catch (error) {
      // The old start's agent may still have answered when the restart cut the link.
      if (!(error instanceof Error && error.name === 'ChannelLost') || before === undefined) throw error
      await ctx.clock.sleep(SETTLE_POLL_MS, ctx.signal)
    }
  }
}

/** Why nothing may be sealed yet: a restart pending, a wanted service down, a product's own health red, the guest busy. */
export async function notYetSettled(
  products: readonly LoadedProduct[],
  guest: Channel,
  parts: GuestParts,
  ctx: Context,
): Promise<string | undefined> {
  const { os } = parts
  const boot = await os.boot(guest, ctx)
  if (boot.pendingRestart.length > 0) return `a restart is pending: ${boot.pendingRestart.join(', ')}`
  const services = await os.services(guest, ctx)
  const down = services.find((service) => service.wanted && service.state !== 'running')
  if (down !== undefined) return `service ${down.name} is ${down.state}`
  const known = services.map((service) => service.name)
  for (const product of products) {
    const reason = await notHealthy(product, known, guest, parts, ctx)
    if (reason !== undefined) return reason
  }
  const { cpuBusy } = await os.resources(guest, ctx)
  return cpuBusy > IDLE_BUSY ? `its processors are ${Math.round(cpuBusy * 100)} % busy` : undefined
}

async function notHealthy(
  product: LoadedProduct,
  services: readonly string[],
  guest: Channel,
  parts: GuestParts,
  ctx: Context,
): Promise<string | undefined> {
  const { os, secret } = parts
  const health = product.health[os.name]
  const among = (names: readonly string[]) => (wanted: string) =>
    names.some((name) => sameGuestName(name, wanted, os.name))
  const absent = health?.services?.find((name) => !among(services)(name))
  if (absent !== undefined) return `there is no service ${absent}`
  const drivers = health?.drivers ?? []
  const loaded = drivers.length === 0 ? [] : [...(await os.drivers(guest, ctx)).keys()]
  const unloaded = drivers.find((name) => !among(loaded)(name))
  if (unloaded !== undefined) return `driver ${unloaded} is not loaded`
  const filters = health?.minifilters ?? []
  const listed = filters.length === 0 ? [] : ((await os.windows?.minifilters(guest, ctx)) ?? [])
  const attached = listed.filter(({ instances }) => instances > 0).map(({ name }) => name)
  const detached = filters.find((name) => !among(attached)(name))
  if (detached !== undefined) return `file system filter ${detached} is not attached`
  if (health?.probe === undefined) return undefined
  return await failedCommand('its health probe', health.probe, guest, secret, ctx)
}

/** Undefined when the command ends with 0. `what` names it. */
export async function failedCommand(
  what: string,
  command: GuestCommand,
  guest: Channel,
  secret: GuestParts['secret'],
  ctx: Context,
): Promise<string | undefined> {
  const secrets = Object.entries(command.secretEnvironment ?? {}).map(
    ([name, key]) => [name, secret(key)] as const,
  )
  const { exitCode, stdout, stderr } = await guest.exec(
    {
      program: command.program,
      arguments: command.arguments,
      environment: { ...command.environment, ...Object.fromEntries(secrets) },
      ...(command.input === undefined ? {} : { input: command.input }),
    },
    ctx,
  )
  const said = oneLine(`${stdout.toString('utf8')} ${stderr.toString('utf8')}`, 200)
  return exitCode === 0 ? undefined : `${what} ends with ${exitCode}: ${said}`
}
