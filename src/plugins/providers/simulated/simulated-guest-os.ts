/** Asks a simulated guest every question of a guest OS; it stands for whatever operating system the matrix names. */
import { z } from 'zod'
import { AppError } from '../../../model/errors.ts'
import type { OsName } from '../../../model/recipe.ts'
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type { GuestOs } from '../../../sdk/guest-os.ts'
import { SimulatedChannel } from './simulated-channel.ts'
import { SIMULATED_SYSTEM_FILES } from './simulated-guest.ts'

const BootSchema = z.object({
  bootId: z.string(),
  bootCount: z.int(),
  uptimeSeconds: z.number(),
  mode: z.enum(['normal', 'safe', 'recovery']),
  finished: z.boolean(),
  setup: z.string().exactOptional(),
  kernel: z.string(),
  build: z.string(),
  pendingRestart: z.array(z.string()),
})
const ServicesSchema = z.array(
  z.object({
    name: z.string(),
    state: z.enum(['running', 'stopped', 'failed', 'starting']),
    wanted: z.boolean(),
    restarts: z.int(),
  }),
)
const FilesSchema = z.record(z.string(), z.object({ sha256: z.string(), size: z.int() }))
const ResourcesSchema = z.object({
  memoryUsedMiB: z.number(),
  memoryTotalMiB: z.number(),
  kernelMemoryMiB: z.number(),
  diskUsedMiB: z.number(),
  diskTotalMiB: z.number(),
  cpuBusy: z.number(),
  processes: z.int(),
  handles: z.int(),
})
const NetworkSchema = z.object({ loopback: z.boolean(), interfaces: z.array(z.string()), detail: z.string() })
const LaunchSchema = z.object({ ok: z.boolean(), milliseconds: z.number(), detail: z.string() })
const ProfileSchema = z.record(z.string(), z.string())
const NothingSchema = z.object({})

/** The guest OS of a simulated machine under the name of the guest OS that it simulates. */
export function simulatedGuestOs(name: OsName): GuestOs {
  return {
    name,
    boot: (guest, ctx) => ask(guest, ctx, 'boot', BootSchema),
    services: (guest, ctx) => ask(guest, ctx, 'services', ServicesSchema),
    drivers: () => Promise.resolve(new Map()),
    async files(paths, guest, ctx) {
      return { files: new Map(Object.entries(await ask(guest, ctx, 'files', FilesSchema, paths))), cut: 0 }
    },
    systemFiles: () => SIMULATED_SYSTEM_FILES,
    async fingerprint(_exact, guest, ctx) {
      const files = await ask(guest, ctx, 'files', FilesSchema, [''])
      const items = Object.entries(files).map(([item, { sha256 }]) => ({
        aspect: 'file' as const,
        item,
        traits: { type: 'file', content: sha256 },
      }))
      return { items, cut: 0, clock: ctx.clock.now() }
    },
    resources: (guest, ctx) => ask(guest, ctx, 'resources', ResourcesSchema),
    events: () => Promise.resolve({ entries: [], bookmark: 'simulated', cut: 0 }),
    crashes: () => Promise.resolve([]),
    profile: (guest, ctx) => ask(guest, ctx, 'profile', ProfileSchema),
    network: (guest, ctx) => ask(guest, ctx, 'network', NetworkSchema),
    launch: (guest, ctx) => ask(guest, ctx, 'launch', LaunchSchema),
    restartService: () => Promise.resolve({ ok: true, detail: 'simulated' }),
    async restart(guest, ctx) {
      await ask(guest, ctx, 'restart', NothingSchema)
    },
    async shutdown(guest, ctx) {
      await ask(guest, ctx, 'shut-down', NothingSchema)
    },
    transferFolder: () => Promise.resolve('/tmp/transfer'),
    async removePath(path, guest, ctx) {
      await ask(guest, ctx, 'remove', NothingSchema, path)
    },
    joinPath: (...parts) => parts.join('/'),
    forensicPaths: () => [],
    readForensics: () => Promise.resolve({ crashes: [], entries: [], bootCount: undefined }),
    readSerialCrash: () => undefined,
  }
}

/** The simulated machine's own link is asked for the value; any other one, as a test puts around it, for its text. */
function ask<T>(
  guest: Channel,
  ctx: Context,
  probe: string,
  schema: z.ZodType<T>,
  question: unknown = null,
): Promise<T> {
  // Its answers are made in this process by `SimulatedGuest`: nothing in them is foreign.
  if (guest instanceof SimulatedChannel) return guest.ask(probe, question, ctx) as Promise<T>
  return askForText(guest, ctx, probe, schema, question)
}

async function askForText<T>(
  guest: Channel,
  ctx: Context,
  probe: string,
  schema: z.ZodType<T>,
  question: unknown,
): Promise<T> {
  const answer = await guest.exec({ program: 'simulated', arguments: [probe, JSON.stringify(question)] }, ctx)
  const parsed = schema.safeParse(
    answer.exitCode === 0 ? JSON.parse(answer.stdout.toString('utf8')) : undefined,
  )
  if (parsed.success) return parsed.data
  throw new AppError('GUEST_PROBE', 'host', `the simulated guest did not answer "${probe}"`)
}
