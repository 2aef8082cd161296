/** Makes and destroys machines on the Hyper-V host that this process runs on. */
import { rm, statfs } from 'node:fs/promises'
import { sep } from 'node:path'
import { z } from 'zod'
import { systemClock } from '../../../kit/clock.ts'
import { AppError } from '../../../model/errors.ts'
import type { MachineFragment } from '../../../model/machine-profile.ts'
import type { MachineRef } from '../../../model/machine-ref.ts'
import type { OsName } from '../../../model/recipe.ts'
import type { Context } from '../../../sdk/context.ts'
import type { ImageBuilder } from '../../../sdk/image-builder.ts'
import type {
  HostFacts,
  Machine,
  MachineSpec,
  ProbeLine,
  Provider,
  ProviderFactory,
  SavedStates,
} from '../../../sdk/provider.ts'
import {
  HostInspectionSchema,
  reportConstrained,
  reportHost,
  reportWithoutPowerShell,
  type HostInspection,
} from './host-report.ts'
import { probeHost } from './host-probe.ts'
import { runHostScript, type HostScript } from './host-scripts.ts'
import { HostWatch } from './host-watch.ts'
import { HyperVMachine } from './hyper-v-machine.ts'
import { parseHyperVOptions, type HyperVOptions } from './hyper-v-options.ts'
import { createParameters, machineFiles, readNotes, refuseFolder, serialPipe } from './machine-plan.ts'
import { windowsImageBuilder } from './images/build-windows-image.ts'
import { imageHost } from './images/image-host.ts'
import { MachineRegister, type AboutMachine, type AnnouncedMachine } from './machine-register.ts'
import { generationOf, refuseProfile } from './refuse-profile.ts'
import { refuseSavedState, savedStateIdentity } from './saved-state.ts'
import { SerialPipe } from './serial-pipe.ts'
import { SessionPool } from './session-pool.ts'

const CLEAN_UP_MS = 120_000
const GIB = 1024 ** 3
const ListSchema = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    notes: z.string(),
    path: z.string().nullable(),
    state: z.string(),
  }),
)

/** Of a VM whose announcement is gone: another lab's, or another host entry's. */
const UNKNOWN: AboutMachine = { tpm: false, windows: false, generation: 2 }

interface ListedMachine extends AnnouncedMachine {
  /** Empty where there is no VM. */
  readonly id: string
}

type Opened = Parameters<ProviderFactory['open']>[0]

/** The `hyper-v` provider of lab.yaml. */
export const hyperVProviderFactory: ProviderFactory = {
  name: 'hyper-v',
  isThisComputer: true,
  platforms: ['win32'],
  open: (host) => Promise.resolve(new HyperVProvider(host, parseHyperVOptions(host.name, host.options))),
}

class HyperVProvider implements Provider {
  readonly name = 'hyper-v'
  readonly capabilities = {
    os: ['windows'],
    facets: ['screen', 'serial', 'offlineDisk', 'safeBoot', 'sealable', 'savable'],
    stuckScreens: ['recovery', 'bitlocker-recovery', 'setup', 'firmware'],
    simulated: false,
  } as const
  readonly savedStates: SavedStates = {
    refuse: refuseSavedState,
    identity: async (machine, ctx) => {
      if (this.#inspection === undefined) await this.inspectHost(ctx)
      return savedStateIdentity(machine, this.#inspection)
    },
  }
  readonly images: ImageBuilder
  readonly #host: Opened
  readonly #options: HyperVOptions
  readonly #pool: SessionPool
  readonly #watch: HostWatch
  readonly #register: MachineRegister
  #inspection: HostInspection | undefined

  constructor(host: Opened, options: HyperVOptions) {
    this.#host = host
    this.#options = options
    this.images = windowsImageBuilder(imageHost(options.powerShell, host.secret))
    this.#pool = new SessionPool({ executable: options.powerShell }, options.sessions)
    this.#watch = new HostWatch(() => this.#pool.dedicated(), systemClock)
    this.#register = new MachineRegister(host.stateFolder)
  }

  async inspectHost(ctx: Context): Promise<HostFacts> {
    try {
      const seen = await runHostScript(this.#pool, 'inspect-host', { folder: this.#host.stateFolder }, ctx)
      this.#inspection = HostInspectionSchema.parse(seen)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (error.code === 'HOST_LANGUAGE') return reportConstrained(error)
      if (error.code !== 'HOST_POWERSHELL') throw error
      return reportWithoutPowerShell(this.#options.powerShell, error.message)
    }
    return reportHost(this.#inspection, this.#options)
  }

  async refuse(profile: MachineFragment, os: OsName, ctx: Context): Promise<readonly string[]> {
    if (this.#inspection === undefined) await this.inspectHost(ctx)
    return refuseProfile(profile, os, this.#options, this.#inspection)
  }

  async create(spec: MachineSpec, ctx: Context): Promise<Machine> {
    checkSource(spec)
    const about = {
      tpm: spec.profile.tpm === '2.0',
      windows: spec.source.os === 'windows',
      generation: generationOf(spec.profile),
      credentials: spec.source.credentials,
    }
    const tooLong = refuseFolder(spec.folder, process.platform)
    if (tooLong !== undefined)
      throw new AppError('HOST_PATH_LENGTH', 'host', tooLong, {
        hint: 'give the lab a store with a short path: store: C:\\rz',
      })
    await this.#checkSpace(spec.folder)
    let machine: HyperVMachine | undefined
    try {
      await this.#register.announce({ ref: spec.ref, folder: spec.folder, about })
      const created = (await runHostScript(
        this.#pool,
        spec.savedState === undefined ? 'create' : 'restore-state',
        createParameters(spec, this.#options),
        ctx,
      )) as {
        readonly id: string
      }
      machine = this.#machine(spec.ref, created.id, spec.folder, about, spec.savedState !== undefined)
      await machine.follow(ctx)
      return machine
    } catch (error) {
      await this.#undo(spec, machine, ctx).catch((second: unknown) =>
        ctx.log.log('warn', 'a machine that was not made could not be cleaned up', {
          name: spec.ref.name,
          reason: second instanceof Error ? second.message : String(second),
        }),
      )
      throw error
    }
  }

  async probe(ref: MachineRef, folder: string, ctx: Context): Promise<readonly ProbeLine[]> {
    const host = {
      script: (script: HostScript, parameters: Readonly<Record<string, unknown>>, inner: Context) =>
        runHostScript(this.#pool, script, parameters, inner),
      create: (spec: MachineSpec, inner: Context) => this.create(spec, inner),
      listMachines: (run: string, inner: Context) => this.listMachines(run, inner),
      adopt: (left: MachineRef, inner: Context) => this.adopt(left, inner),
    }
    return await probeHost(host, ref, folder, ctx)
  }

  async listMachines(run: string, ctx: Context): Promise<readonly MachineRef[]> {
    const found = await this.#list(ctx)
    return found.map(({ ref }) => ref).filter((ref) => run === 'any' || ref.run === run)
  }

  async adopt(ref: MachineRef, ctx: Context): Promise<Machine | undefined> {
    const found = (await this.#list(ctx)).find(
      (one) =>
        one.ref.name === ref.name &&
        one.ref.run === ref.run &&
        one.ref.cell === ref.cell &&
        one.ref.arm === ref.arm &&
        one.ref.attempt === ref.attempt,
    )
    if (found === undefined) return undefined
    const machine = this.#machine(found.ref, found.id, found.folder, found.about)
    if (found.id !== '') await machine.takeOver(ctx)
    return machine
  }

  /** VMs with our notes, those that a kill left without them, and what a kill left where there is no VM yet, or no more. */
  async #list(ctx: Context): Promise<readonly ListedMachine[]> {
    // Announced is asked first: what was destroyed in between is then still missing in both.
    const announced = new Map((await this.#register.announced()).map((one) => [one.ref.name, one]))
    const all = ListSchema.parse(await runHostScript(this.#pool, 'list', {}, ctx))
    const machines = all.flatMap(({ id, name, notes, path }) => {
      const entry = announced.get(name)
      const known =
        notes === '' ? (entry !== undefined && liesIn(path, entry) ? entry : undefined) : readNotes(notes)
      if (known === undefined) return []
      const { ref, folder } = known
      return [{ ref: { ...ref, details: { id, folder } }, id, folder, about: entry?.about ?? UNKNOWN }]
    })
    const made = new Set(machines.map(({ ref }) => ref.name))
    const halfMade = [...announced.values()].filter(({ ref }) => !made.has(ref.name))
    return [
      ...machines,
      ...halfMade.map(({ ref, folder, about }) => ({
        ref: { ...ref, details: { id: '', folder } },
        id: '',
        folder,
        about,
      })),
    ]
  }

  #machine(
    ref: MachineRef,
    id: string,
    folder: string,
    { tpm, windows, generation, credentials }: AboutMachine,
    saved = false,
  ): HyperVMachine {
    const account =
      credentials === undefined
        ? {}
        : { account: { user: credentials.user, password: this.#host.secret(credentials.secret) } }
    const pipe = serialPipe(ref.name, folder, process.platform)
    const serial = new SerialPipe(pipe, machineFiles(folder).serialLog, systemClock)
    const named = { ...ref, details: { ...ref.details, id, folder } }
    const host = { pool: this.#pool, watch: this.#watch, clock: systemClock, register: this.#register }
    return new HyperVMachine(
      { ref: named, id, folder, serial, tpm, windows, generation, saved, ...account },
      host,
    )
  }

  /** Also where the script was killed in the middle: what it made is found by the machine's announcement. */
  async #undo(spec: MachineSpec, machine: HyperVMachine | undefined, ctx: Context): Promise<void> {
    const { clock, log } = ctx
    const own = { clock, log, signal: new AbortController().signal, deadline: clock.now() + CLEAN_UP_MS }
    try {
      await (machine ?? (await this.adopt(spec.ref, own)))?.destroy(own)
    } finally {
      await rm(spec.folder, { recursive: true, force: true })
    }
  }

  async #checkSpace(folder: string): Promise<void> {
    const { bavail, bsize } = await statfs(folder)
    const free = (bavail * bsize) / GIB
    if (free >= this.#options.minimumFreeGiB) return
    throw new AppError(
      'HOST_DISK_SPACE',
      'host',
      `${free.toFixed(1)} GiB are free for ${folder}, fewer than ${this.#options.minimumFreeGiB}`,
      { hint: 'free space there, or lower options.minimumFreeGiB of this host in lab.yaml' },
    )
  }
}

function checkSource(spec: MachineSpec): void {
  const { source } = spec
  if (source.kernel !== undefined || source.diskFormat !== 'vhdx')
    throw new AppError(
      'HOST_IMAGE',
      'user',
      `Hyper-V starts from a VHDX disk alone; this image is ${source.kernel === undefined ? source.diskFormat : 'a kernel with a disk'}`,
      { hint: 'give the cell an image of kind windows, or a disk in VHDX format' },
    )
}

/** Hyper-V keeps a VM's configuration in the folder that it was given, or in one of the VM's name below. */
function liesIn(path: string | null, { folder }: AnnouncedMachine): boolean {
  const [inner, outer] = [path?.toLowerCase(), folder.toLowerCase()]
  return inner !== undefined && (inner === outer || inner.startsWith(outer + sep))
}
