/** Makes machines with QEMU, wherever a host runs it. */
import { AppError } from '../../../../model/errors.ts'
import type { MachineFragment } from '../../../../model/machine-profile.ts'
import { z } from 'zod'
import type { MachineRef } from '../../../../model/machine-ref.ts'
import type { OsName } from '../../../../model/recipe.ts'
import type { Context } from '../../../../sdk/context.ts'
import type {
  BootSource,
  HostFacts,
  HostImage,
  Machine,
  MachineSpec,
  Provider,
  ProviderCapabilities,
  SavedStates,
} from '../../../../sdk/provider.ts'
import { chooseAccelerator, type AcceleratorChoice } from './accelerator.ts'
import { MACHINE_FILES, type Accelerator } from './build-arguments.ts'
import { createOverlay } from './disk-image.ts'
import { launchMachine } from './launch-machine.ts'
import {
  MachineRegister,
  folderOf,
  readRecord,
  recordOf,
  refWithFolder,
  type MachineRecord,
} from './machine-folder.ts'
import type { MachineHost } from './machine-host.ts'
import { QemuMachine } from './machine.ts'
import { processStartTime } from './process-mark.ts'
import { askCpu, qemuVersion, type CpuAnswer } from './qemu-facts.ts'
import type { QemuHost } from './qemu-host.ts'
import { refuseProfile } from './refuse-profile.ts'
import { refuseSavedState, savedStateIdentity } from './saved-state.ts'

export interface QemuSettings {
  readonly hostImages?: readonly HostImage[]
  readonly accelerator: 'auto' | Accelerator
  /** The host's own folder for facts that outlive a run. */
  readonly stateFolder: string
  /** What doctor prints of this host. */
  inspect(choose: () => Promise<AcceleratorChoice>, ctx: Context): Promise<HostFacts>
  /** Why no machine can run here; undefined when QEMU is there. */
  refuse(ctx: Context): Promise<string | undefined>
}

const CAPABILITIES: ProviderCapabilities = {
  os: ['linux', 'windows'],
  facets: ['screen', 'serial', 'offlineDisk', 'safeBoot', 'sealable', 'savable'],
  simulated: false,
}
const ADOPT_MS = 10_000

export class QemuProvider implements Provider {
  readonly name: string
  readonly capabilities = CAPABILITIES
  readonly savedStates: SavedStates = {
    refuse: refuseSavedState,
    identity: async (machine, ctx) =>
      savedStateIdentity(machine, {
        qemu: (await qemuVersion(this.#host, ctx)) ?? 'missing',
        accelerator: (await this.#choice(ctx)).accelerator,
      }),
  }
  readonly hostImages?: readonly HostImage[]
  readonly #host: QemuHost
  readonly #settings: QemuSettings
  readonly #register: MachineRegister
  #accelerator: Promise<AcceleratorChoice> | undefined
  readonly #cpuAnswers = new Map<string, Promise<CpuAnswer>>()

  constructor(host: QemuHost, settings: QemuSettings) {
    this.name = host.provider
    this.#host = host
    this.#settings = settings
    if (settings.hostImages !== undefined) this.hostImages = settings.hostImages
    this.#register = new MachineRegister(settings.stateFolder)
  }

  async inspectHost(ctx: Context): Promise<HostFacts> {
    return await this.#settings.inspect(async () => await this.#choice(ctx), ctx)
  }

  async refuse(profile: MachineFragment, os: OsName, ctx: Context): Promise<readonly string[]> {
    const missing = await this.#settings.refuse(ctx)
    if (missing !== undefined) return [missing]
    const choice = await this.#choice(ctx)
    const asksCpu = profile.cpu?.model !== undefined || (profile.cpu?.features?.length ?? 0) > 0
    return refuseProfile(profile, os, {
      accelerator: choice.accelerator,
      accelerationReason: choice.because,
      memoryMiB: await this.#host.memoryMiB(),
      uefi: (await this.#host.findFirmware('uefi')) !== undefined,
      secureBoot: (await this.#host.findFirmware('uefi-secure-boot')) !== undefined,
      tpm: (await this.#host.runBare('swtpm', ['--version'], { signal: ctx.signal })).exitCode === 0,
      ...(asksCpu ? { cpu: await this.#askCpu(choice, profile.cpu ?? {}, ctx) } : {}),
    })
  }

  async create(spec: MachineSpec, ctx: Context): Promise<Machine> {
    if (spec.profile.network?.access === 'open' && !spec.allowNetwork)
      throw new AppError(
        'NETWORK_NOT_GRANTED',
        'user',
        'the profile asks for network access "open", which the lab does not grant',
        {
          hint: 'set allowNetwork on the host in lab.yaml or take access: open out of the matrix',
        },
      )
    const owner = { pid: process.pid, startTime: (await processStartTime(process.pid)) ?? '' }
    const record = recordOf({ ...spec, ref: { ...spec.ref, details: { ...spec.ref.details, owner } } })
    await this.#register.claim(record)
    try {
      await createOverlay(
        MACHINE_FILES.disk,
        { ...record.source, ...diskBelow(record) },
        record.profile.disk?.sizeGiB,
        this.#host.toolsOf(record),
        ctx,
      )
      ctx.signal.throwIfAborted()
      return new QemuMachine(record, this.#machineHost(ctx))
    } catch (error) {
      await this.#release(record)
      throw error
    }
  }

  async listMachines(run: string, ctx: Context): Promise<readonly MachineRef[]> {
    const refs = new Map<string, MachineRef>()
    for (const ref of await this.#register.announced()) refs.set(ref.name, ref)
    for (const { ref, details } of await this.#host.findMachines(ctx))
      if (ref.provider === this.name || refs.has(ref.name))
        refs.set(ref.name, { ...ref, details: { ...ref.details, ...details } })
    if (run !== 'any') return [...refs.values()].filter((ref) => ref.run === run)
    // "Any" is asked to find machines without an owner: the machines of another live runner have one.
    const ownedElsewhere = await Promise.all([...refs.values()].map(hasOtherLiveOwner))
    return [...refs.values()].filter((_, index) => ownedElsewhere[index] !== true)
  }

  async adopt(ref: MachineRef, ctx: Context): Promise<Machine | undefined> {
    const found = (await this.#host.findMachines(ctx)).filter(
      (each) => each.ref.name === ref.name && each.ref.run === ref.run,
    )
    const folder =
      folderOf((await this.#register.find(ref.name)) ?? ref) ?? found.map((each) => folderOf(each.ref))[0]
    const record = folder === undefined ? undefined : await readRecord(folder)
    if (record === undefined || record.ref.name !== ref.name || record.ref.run !== ref.run) {
      for (const orphan of found) await orphan.end(ctx)
      if (folder !== undefined) await this.#register.release(ref.name, folder)
      return undefined
    }
    const machine = new QemuMachine(
      { ...record, ref: refWithFolder(record.ref, record.folder) },
      this.#machineHost(ctx),
    )
    for (const each of found)
      if (each.process === undefined) await each.end(ctx)
      else {
        // A guest that does not answer is killed by the attempt; the machine is then simply off.
        const brief = { ...ctx, deadline: Math.min(ctx.deadline, ctx.clock.now() + ADOPT_MS) }
        await machine.attach(each.process, brief).catch(() => undefined)
      }
    return machine
  }

  #machineHost(ctx: Context): MachineHost {
    return {
      clock: ctx.clock,
      launch: async (record, how, context) =>
        await launchMachine(record, how, this.#host, (await this.#choice(context)).accelerator, context),
      toolsOf: (record) => this.#host.toolsOf(record),
      filesOf: (record) => this.#host.filesOf(record),
      release: async (record) => await this.#release(record),
    }
  }

  async #release(record: MachineRecord): Promise<void> {
    await this.#host.release(record)
    await this.#register.release(record.ref.name, record.folder)
  }

  async #choice(ctx: Context): Promise<AcceleratorChoice> {
    this.#accelerator ??= chooseAccelerator(
      this.#settings.accelerator,
      this.#host,
      this.#settings.stateFolder,
      ctx,
    )
    try {
      return await this.#accelerator
    } catch (error) {
      this.#accelerator = undefined
      throw error
    }
  }

  async #askCpu(
    { accelerator }: AcceleratorChoice,
    cpu: NonNullable<MachineFragment['cpu']>,
    ctx: Context,
  ): Promise<CpuAnswer> {
    const key = JSON.stringify([cpu.model, cpu.features])
    const known = this.#cpuAnswers.get(key)
    if (known !== undefined) return await known
    const asked = askCpu(this.#host, accelerator, cpu, ctx)
    this.#cpuAnswers.set(key, asked)
    asked.catch(() => this.#cpuAnswers.delete(key))
    return await asked
  }
}

/** What the machine's overlay is laid on. */
function diskBelow({ source, savedState }: MachineRecord): Pick<BootSource, 'disk' | 'diskFormat'> {
  const { disk, diskFormat } = savedState ?? source
  return { disk, diskFormat }
}

const OwnerSchema = z.object({ pid: z.int(), startTime: z.string() })

async function hasOtherLiveOwner(ref: MachineRef): Promise<boolean> {
  const owner = OwnerSchema.safeParse(ref.details['owner']).data
  if (owner === undefined || owner.pid === process.pid) return false
  return (await processStartTime(owner.pid)) === owner.startTime
}
