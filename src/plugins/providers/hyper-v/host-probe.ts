/** What of Hyper-V works on this host: every command that the scripts call, then one empty machine from its making to its end. */
import { access, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { assetPath } from '../../../kit/assets.ts'
import { hashJson } from '../../../kit/hash.ts'
import { oneLine } from '../../../kit/text.ts'
import type { MachineRef } from '../../../model/machine-ref.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Machine, MachineSpec, ProbeLine, SavedState } from '../../../sdk/provider.ts'
import type { HostScript } from './host-scripts.ts'
import { machineNotes, serialPipe } from './machine-plan.ts'

/** The provider's own ways, so that the probe goes where a run goes. */
export interface ProbedHost {
  readonly script: (
    script: HostScript,
    parameters: Readonly<Record<string, unknown>>,
    ctx: Context,
  ) => Promise<unknown>
  readonly create: (spec: MachineSpec, ctx: Context) => Promise<Machine>
  readonly listMachines: (run: string, ctx: Context) => Promise<readonly MachineRef[]>
  readonly adopt: (ref: MachineRef, ctx: Context) => Promise<Machine | undefined>
}

/** A look that takes longer does not work. */
const LOOK_MS = 90_000
/** For a machine that must go although the caller gave up. */
const CLEAN_UP_MS = 120_000
const PROVIDER_SCRIPTS = 'plugins/providers/hyper-v/scripts'
/** Scripts that run on the host; what they call is what the host must have. */
const IMAGE_SCRIPTS = ['inspect-media', 'apply-image', 'write-settings', 'first-start', 'leftovers']

const CommandsSchema = z.array(
  z.object({ name: z.string(), found: z.boolean(), missing: z.array(z.string()) }),
)
const WatchSchema = z.object({
  machines: z.array(z.object({ id: z.string(), state: z.string() })),
  logs: z.record(
    z.string(),
    z.object({ bookmark: z.number(), events: z.array(z.object({ id: z.number(), machine: z.string() })) }),
  ),
})

/** Lines in the order in which a machine lives; see `Provider.probe`. */
export async function probeHost(
  host: ProbedHost,
  ref: MachineRef,
  folder: string,
  ctx: Context,
): Promise<readonly ProbeLine[]> {
  const probe = new Probe(host, ref, folder, ctx)
  try {
    await probe.lookAtCommands()
    await probe.lookAtMachine()
  } finally {
    await probe.destroy()
  }
  return probe.lines
}

class Probe {
  readonly lines: ProbeLine[] = []
  readonly #host: ProbedHost
  readonly #ref: MachineRef
  readonly #folder: string
  readonly #ctx: Context
  readonly #machines: Machine[] = []
  #saved: SavedState | undefined

  constructor(host: ProbedHost, ref: MachineRef, folder: string, ctx: Context) {
    this.#host = host
    this.#ref = ref
    this.#folder = folder
    this.#ctx = ctx
  }

  /** One line for each command; what no script calls is not asked for. */
  async lookAtCommands(): Promise<void> {
    const names = (await readdir(assetPath(PROVIDER_SCRIPTS))).filter((name) => name.endsWith('.ps1'))
    const scripts = [
      ...names.map((name) => assetPath(`${PROVIDER_SCRIPTS}/${name}`)),
      ...IMAGE_SCRIPTS.map((name) => assetPath(`plugins/providers/hyper-v/images/scripts/${name}.ps1`)),
    ]
    let commands: z.output<typeof CommandsSchema> = []
    await this.#look('commands', 'the scripts are read and their commands looked up', async (ctx) => {
      commands = CommandsSchema.parse(await this.#host.script('probe-commands', { scripts }, ctx))
      return `${commands.length} commands`
    })
    const sorted = commands.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    for (const { name, found, missing } of sorted) {
      const lacks = missing.length === 0 ? '' : `it has no parameter ${missing.toSorted().join(', ')}`
      this.lines.push({
        id: `command-${name}`,
        what: `command ${name}`,
        works: found && missing.length === 0,
        detail: found ? lacks : 'this host does not have it',
      })
    }
  }

  async lookAtMachine(): Promise<void> {
    const disk = join(this.#folder, 'empty.vhdx')
    await this.#look('disk', 'an empty disk is made (New-VHD)', async (ctx) => {
      return String(await this.#host.script('probe-machine', { action: 'make-disk', disk }, ctx))
    })
    await this.#look(
      'create',
      'a machine of generation 2 is made: secure boot, private switch, COM port',
      async (ctx) => {
        await this.#make(this.#spec(disk), ctx)
        return 'made, off'
      },
    )
    await this.#onMachine('integration', 'its integration services are there', (_, ctx) =>
      this.#ask('integration', ctx),
    )
    await this.#onMachine('tpm', 'it takes a virtual TPM with a key protector of this host', (_, ctx) =>
      this.#ask('tpm', ctx),
    )
    let before: z.output<typeof WatchSchema> | undefined
    await this.#onMachine('states', 'its state and the host’s logs can be read', async (_, ctx) => {
      before = await this.#watch({}, ctx)
      return this.#stateIn(before)
    })
    await this.#onMachine('start', 'it starts', async (machine, ctx) => {
      await machine.start(ctx)
      return 'runs'
    })
    await this.#onMachine(
      'events',
      'the host’s log tells of its start',
      async (_, ctx) => await this.#events(before, ctx),
    )
    await this.#onMachine(
      'exchange',
      'key-value pairs of its guest can be read (Msvm_KvpExchangeComponent)',
      (_, ctx) => this.#ask('exchange', ctx),
    )
    await this.#onMachine(
      'thumbnail',
      'a picture of its screen can be taken (GetVirtualSystemThumbnailImage)',
      async (machine, ctx) => {
        if (machine.screen === undefined) throw new Error('the machine has no screen')
        return `${(await machine.screen.capture(ctx)).length} bytes of PNG`
      },
    )
    await this.#onMachine('com-pipe', 'its COM port is a pipe of the host', async () => await this.#pipe())
    await this.#onMachine(
      'save',
      'it is saved while it runs, and its state exported without its disks',
      async (machine, ctx) => {
        const target = join(this.#folder, 'saved')
        await mkdir(target)
        if (machine.savable === undefined) throw new Error('the machine cannot be saved')
        this.#saved = await machine.savable.save(target, ctx)
        return 'saved'
      },
    )
    await this.#onMachine('destroy', 'it is destroyed, and nothing of it is left', async (machine, ctx) => {
      await machine.destroy(ctx)
      this.#machines.splice(0)
      return await this.#nothingLeft(ctx)
    })
    await this.#look('restore', 'a machine goes on from the saved state', async (ctx) => {
      if (this.#saved === undefined) throw new NotLooked('nothing was saved')
      const machine = await this.#make({ ...this.#spec(disk), savedState: this.#saved }, ctx)
      await machine.start(ctx)
      return 'runs'
    })
  }

  /** Whatever happened: no machine of the probe stays, also when the caller has given up. */
  async destroy(): Promise<void> {
    const { clock, log } = this.#ctx
    const ctx: Context = {
      clock,
      log,
      signal: new AbortController().signal,
      deadline: clock.now() + CLEAN_UP_MS,
    }
    if (this.#machines.length > 0)
      await this.#lookWith(
        ctx,
        'clean-up',
        'the last machine is destroyed, and nothing of it is left',
        async (inner) => {
          for (const machine of this.#machines.splice(0)) await machine.destroy(inner)
          return await this.#nothingLeft(inner)
        },
      )
    // What the host kept although it said that it destroyed it: the line has said so.
    for (const left of await this.#left(ctx).catch(() => []))
      await (await this.#host.adopt(left, ctx))?.destroy(ctx).catch(() => undefined)
  }

  #spec(disk: string): MachineSpec {
    return {
      ref: this.#ref,
      source: { sha256: hashJson(disk), os: 'windows', disk, diskFormat: 'vhdx' },
      profile: {
        cpu: { count: 1 },
        memoryMiB: 512,
        generation: 2,
        firmware: 'uefi-secure-boot',
        secureBootTemplate: 'MicrosoftWindows',
        tpm: 'none',
      },
      folder: join(this.#folder, 'machine'),
      allowNetwork: false,
    }
  }

  async #make(spec: MachineSpec, ctx: Context): Promise<Machine> {
    await mkdir(spec.folder, { recursive: true })
    const machine = await this.#host.create(spec, ctx)
    this.#machines.push(machine)
    return machine
  }

  async #ask(action: string, ctx: Context): Promise<string> {
    const folder = join(this.#folder, 'machine')
    const parameters = { action, id: this.#id(), notes: machineNotes(this.#ref, folder) }
    return String(await this.#host.script('probe-machine', parameters, ctx))
  }

  async #watch(
    bookmarks: Readonly<Record<string, number>>,
    ctx: Context,
  ): Promise<z.output<typeof WatchSchema>> {
    return WatchSchema.parse(await this.#host.script('watch', { ids: [this.#id()], bookmarks }, ctx))
  }

  #stateIn(seen: z.output<typeof WatchSchema>): string {
    const found = seen.machines.find(({ id }) => id === this.#id())
    if (found === undefined) throw new Error('the machine is not among those of the host')
    return `${found.state}, ${Object.keys(seen.logs).length} logs`
  }

  async #events(before: z.output<typeof WatchSchema> | undefined, ctx: Context): Promise<string> {
    if (before === undefined) throw new NotLooked('the logs could not be read before')
    const bookmarks = Object.fromEntries(
      Object.entries(before.logs).map(([log, { bookmark }]) => [log, bookmark] as const),
    )
    // A record is written a moment after what it tells of.
    for (let left = 20; ; left -= 1) {
      const { logs } = await this.#watch(bookmarks, ctx)
      const own = Object.values(logs).flatMap(({ events }) =>
        events.filter(({ machine }) => machine.toLowerCase() === this.#id().toLowerCase()),
      )
      if (own.length > 0) return `record ${own.map(({ id }) => id).join(', ')}`
      if (left === 0) throw new Error('no record of the machine came within ten seconds')
      await ctx.clock.sleep(500, ctx.signal)
    }
  }

  async #pipe(): Promise<string> {
    const path = serialPipe(this.#ref.name, join(this.#folder, 'machine'), process.platform)
    // Asking for one pipe by its name would take the place of its only reader.
    if (process.platform === 'win32') {
      const name = path.split('\\').at(-1) ?? ''
      if (!(await readdir('\\\\.\\pipe\\')).includes(name))
        throw new Error('the host has no pipe of that name')
    } else await access(path)
    return 'there'
  }

  async #nothingLeft(ctx: Context): Promise<string> {
    if ((await this.#left(ctx)).length > 0) throw new Error('the host still has it')
    return 'gone'
  }

  async #left(ctx: Context): Promise<readonly MachineRef[]> {
    const listed = await this.#host.listMachines(this.#ref.run, ctx)
    return listed.filter(({ name }) => name === this.#ref.name)
  }

  #id(): string {
    const id = this.#machines[0]?.ref.details['id']
    if (typeof id !== 'string') throw new NotLooked('there is no machine')
    return id
  }

  async #onMachine(
    id: string,
    what: string,
    work: (machine: Machine, ctx: Context) => Promise<string>,
  ): Promise<void> {
    await this.#look(id, what, async (ctx) => {
      const [machine] = this.#machines
      if (machine === undefined) throw new NotLooked('there is no machine')
      return await work(machine, ctx)
    })
  }

  async #look(id: string, what: string, work: (ctx: Context) => Promise<string>): Promise<void> {
    this.#ctx.signal.throwIfAborted()
    await this.#lookWith(this.#ctx, id, what, work)
    this.#ctx.signal.throwIfAborted()
  }

  async #lookWith(
    ctx: Context,
    id: string,
    what: string,
    work: (ctx: Context) => Promise<string>,
  ): Promise<void> {
    const deadline = Math.min(ctx.deadline, ctx.clock.now() + LOOK_MS)
    try {
      const detail = await work({ ...ctx, deadline })
      this.lines.push({ id, what, works: true, detail: oneLine(detail, 200) })
    } catch (error) {
      const reason = oneLine(error instanceof Error ? error.message : String(error), 600)
      const detail = error instanceof NotLooked ? `not looked at: ${reason}` : reason
      this.lines.push({ id, what, works: false, detail })
    }
  }
}

/** Something that cannot be looked at, because something before it did not work. */
class NotLooked extends Error {}
