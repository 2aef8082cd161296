/** Makes machines with QEMU on this Linux host. */
import { readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { runProgram } from '../../../kit/process.ts'
import { AppError } from '../../../model/errors.ts'
import type { MachineFragment } from '../../../model/machine-profile.ts'
import type { MachineRef } from '../../../model/machine-ref.ts'
import type { OsName } from '../../../model/recipe.ts'
import type { Context } from '../../../sdk/context.ts'
import type {
  BootSource,
  HostFacts,
  Machine,
  MachineSpec,
  Provider,
  ProviderCapabilities,
  ProviderFactory,
  SavedStates,
} from '../../../sdk/provider.ts'
import { chooseAccelerator, type AcceleratorChoice } from './accelerator.ts'
import { createOverlay } from './disk-image.ts'
import { findFirmware } from './firmware.ts'
import { inspectQemuHost } from './inspect-host.ts'
import { launchMachine } from './launch-machine.ts'
import { MACHINE_FILES } from './build-arguments.ts'
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
import {
  findMarkedProcesses,
  killMarkedProcess,
  processGone,
  processStartTime,
  type MarkedProcess,
} from './process-mark.ts'
import { askCpu, qemuVersion, type CpuAnswer } from './qemu-facts.ts'
import { findQemu } from './qemu-process.ts'
import { refuseProfile } from './refuse-profile.ts'
import { refuseSavedState, savedStateIdentity } from './saved-state.ts'

const OptionsSchema = z.strictObject({
  program: z.string().min(1).max(1024).default('qemu-system-x86_64').describe('the QEMU program'),
  accelerator: z.enum(['auto', 'kvm', 'tcg']).default('auto'),
})
type Options = z.output<typeof OptionsSchema>

const CAPABILITIES: ProviderCapabilities = {
  os: ['linux', 'windows'],
  facets: ['screen', 'serial', 'offlineDisk', 'safeBoot', 'sealable', 'savable'],
  simulated: false,
}
const ORPHAN_END_MS = 10_000
const ADOPT_MS = 10_000

class QemuProvider implements Provider {
  readonly name = 'qemu'
  readonly capabilities = CAPABILITIES
  readonly savedStates: SavedStates = {
    refuse: refuseSavedState,
    identity: async (machine, ctx) =>
      savedStateIdentity(machine, {
        qemu: (await qemuVersion(this.#options.program, ctx)) ?? 'missing',
        accelerator: (await this.#choice(ctx)).accelerator,
      }),
  }
  readonly #options: Options
  readonly #stateFolder: string
  readonly #register: MachineRegister
  #accelerator: Promise<AcceleratorChoice> | undefined
  readonly #cpuAnswers = new Map<string, Promise<CpuAnswer>>()

  constructor(options: Options, stateFolder: string) {
    this.#options = options
    this.#stateFolder = stateFolder
    this.#register = new MachineRegister(stateFolder)
  }

  async inspectHost(ctx: Context): Promise<HostFacts> {
    return await inspectQemuHost(this.#options.program, async () => await this.#choice(ctx), ctx)
  }

  async refuse(profile: MachineFragment, os: OsName, ctx: Context): Promise<readonly string[]> {
    if ((await qemuVersion(this.#options.program, ctx)) === undefined)
      return [`${this.#options.program} is not installed (Debian package qemu-system-x86)`]
    const choice = await this.#choice(ctx)
    const asksCpu = profile.cpu?.model !== undefined || (profile.cpu?.features?.length ?? 0) > 0
    return refuseProfile(profile, os, {
      accelerator: choice.accelerator,
      accelerationReason: choice.because,
      memoryMiB: Math.floor(totalmem() / 1024 ** 2),
      uefi: (await findFirmware('uefi')) !== undefined,
      secureBoot: (await findFirmware('uefi-secure-boot')) !== undefined,
      tpm: (await runProgram('swtpm', ['--version'], { signal: ctx.signal })).exitCode === 0,
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
        join(record.folder, MACHINE_FILES.disk),
        { ...record.source, ...diskBelow(record) },
        record.profile.disk?.sizeGiB,
        ctx,
      )
      ctx.signal.throwIfAborted()
      return new QemuMachine(record, this.#machineHost(ctx))
    } catch (error) {
      await this.#register.release(record.ref.name, record.folder)
      throw error
    }
  }

  async listMachines(run: string): Promise<readonly MachineRef[]> {
    const refs = new Map<string, MachineRef>()
    for (const ref of await this.#register.announced()) refs.set(ref.name, ref)
    for (const { ref, pid, startTime } of await findMarkedProcesses())
      if (ref.provider === this.name || refs.has(ref.name))
        refs.set(ref.name, { ...ref, details: { ...ref.details, pid, startTime } })
    if (run !== 'any') return [...refs.values()].filter((ref) => ref.run === run)
    // "Any" is asked to find machines without an owner: the machines of another live runner have one.
    const ownedElsewhere = await Promise.all([...refs.values()].map(hasOtherLiveOwner))
    return [...refs.values()].filter((_, index) => ownedElsewhere[index] !== true)
  }

  async adopt(ref: MachineRef, ctx: Context): Promise<Machine | undefined> {
    const marked = (await findMarkedProcesses()).filter(
      (found) => found.ref.name === ref.name && found.ref.run === ref.run,
    )
    const folder =
      folderOf((await this.#register.find(ref.name)) ?? ref) ?? marked.map((found) => folderOf(found.ref))[0]
    const record = folder === undefined ? undefined : await readRecord(folder)
    if (record === undefined || record.ref.name !== ref.name || record.ref.run !== ref.run) {
      await this.#endOrphans(marked, ctx)
      if (folder !== undefined) await this.#register.release(ref.name, folder)
      return undefined
    }
    const machine = new QemuMachine(
      { ...record, ref: refWithFolder(record.ref, record.folder) },
      this.#machineHost(ctx),
    )
    const main = await findMain(marked)
    if (main !== undefined) {
      const others = marked.filter((found) => found !== main)
      // A guest that does not answer is killed by the attempt; the machine is then simply off.
      const brief = { ...ctx, deadline: Math.min(ctx.deadline, ctx.clock.now() + ADOPT_MS) }
      await machine.attach(findQemu(main, others, ctx), brief).catch(() => undefined)
    } else await this.#endOrphans(marked, ctx)
    return machine
  }

  #machineHost(ctx: Context): MachineHost {
    return {
      clock: ctx.clock,
      launch: async (record, how, context) =>
        await launchMachine(
          record,
          how,
          this.#options.program,
          (await this.#choice(context)).accelerator,
          context,
        ),
      release: async (record) => await this.#register.release(record.ref.name, record.folder),
    }
  }

  async #choice(ctx: Context): Promise<AcceleratorChoice> {
    this.#accelerator ??= chooseAccelerator(
      this.#options.accelerator,
      this.#options.program,
      this.#stateFolder,
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
    const asked = askCpu(this.#options.program, accelerator, cpu, ctx)
    this.#cpuAnswers.set(key, asked)
    asked.catch(() => this.#cpuAnswers.delete(key))
    return await asked
  }

  /** Processes that carry the mark of a machine whose folder is gone. */
  async #endOrphans(orphans: readonly MarkedProcess[], ctx: Context): Promise<void> {
    for (const orphan of orphans) await killMarkedProcess(orphan)
    for (const orphan of orphans) await processGone(orphan, ctx, ctx.clock.now() + ORPHAN_END_MS)
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

/** QEMU itself among a machine's processes: the process that is not the TPM. */
async function findMain(marked: readonly MarkedProcess[]): Promise<MarkedProcess | undefined> {
  for (const found of marked) {
    const name = await readFile(`/proc/${found.pid}/comm`, 'utf8').catch(() => '')
    if (name.startsWith('qemu')) return found
  }
  return undefined
}

export const qemuProviderFactory: ProviderFactory = {
  name: 'qemu',
  platforms: ['linux', 'darwin'],
  async open({ name, options, stateFolder }) {
    const parsed = OptionsSchema.safeParse(options)
    if (parsed.success) return await Promise.resolve(new QemuProvider(parsed.data, stateFolder))
    throw new AppError('LAB_HOST_OPTIONS', 'user', `host ${name}: ${z.prettifyError(parsed.error)}`, {
      hint: 'the options of a qemu host are program and accelerator (auto, kvm, tcg)',
    })
  },
}
