/**
 * QEMU in containers of an engine on this computer. The machine's folder is shown to its container under its own path, so
 * that sockets, serial log and disks are reached as those of a process here. A second container beside it, with the same
 * files, runs QEMU's tools: nothing of QEMU need be installed on this computer.
 */
import { randomUUID } from 'node:crypto'
import { access, constants, mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type Dockerode from 'dockerode'
import type { Finished, RunOptions } from '../../../kit/process.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import { MachineRefSchema, type MachineRef } from '../../../model/machine-ref.ts'
import type { Context } from '../../../sdk/context.ts'
import { MACHINE_FILES } from '../shared/qemu/build-arguments.ts'
import { findFirmware } from '../shared/qemu/firmware.ts'
import type { MachineRecord } from '../shared/qemu/machine-folder.ts'
import { processStartTime } from '../shared/qemu/process-mark.ts'
import type { FoundMachine, QemuHost, QemuProcess, RunTool } from '../shared/qemu/qemu-host.ts'
import { LABELS, machineLabels, type ContainerPlan } from './container-settings.ts'
import { diskChain } from './disk-chain.ts'
import { engineFault } from './engine-fault.ts'
import { containerEnd, removeContainer, runInside, startContainer } from './run-container.ts'

const KVM_DEVICE = '/dev/kvm'
const ELSEWHERE =
  'the container engine does not see this computer’s files: it must run on the computer that ringzero runs on'
const BARE_TIMEOUT_MS = 60_000
const SLEEP = ['sleep', 'infinity']
/**
 * Starts the TPM where the machine has one, then becomes QEMU. Its arguments come as a list; nothing is put into its text.
 * swtpm is not asked by connecting: with --terminate the end of a connection would end it.
 */
const START_MACHINE = [
  'sh',
  '-c',
  [
    'if [ "$1" = tpm ]; then',
    `mkdir -p ${MACHINE_FILES.tpmFolder}`,
    `swtpm socket --tpm2 --terminate --tpmstate dir=${MACHINE_FILES.tpmFolder} --ctrl type=unixio,path=${MACHINE_FILES.tpmSocket} &`,
    `while [ ! -S ${MACHINE_FILES.tpmSocket} ]; do kill -0 $! || exit 97; sleep 0.02; done`,
    'fi',
    'shift',
    'exec "$@"',
  ].join('\n'),
  'ringzero',
]

export interface ContainerHostSettings {
  readonly engine: Dockerode
  /** Id of the runner image; builds one where there is none. @throws AppError */
  image(): Promise<string>
  readonly program: string
  readonly stateFolder: string
}

export class ContainerHost implements QemuHost {
  readonly provider = 'docker'
  readonly program: string
  readonly #settings: ContainerHostSettings
  readonly #tools = new Map<string, Promise<Dockerode.Container>>()
  readonly #answers = new Map<string, Promise<Finished>>()
  #owner: Promise<string> | undefined
  #user: Promise<string> | undefined

  constructor(settings: ContainerHostSettings) {
    this.#settings = settings
    this.program = settings.program
  }

  get engine(): Dockerode {
    return this.#settings.engine
  }

  /** Names the image and the engine that machines run under, for identities of saved states. */
  async image(): Promise<string> {
    return await this.#settings.image()
  }

  toolsOf(record: MachineRecord): RunTool {
    return async (program, programArguments, options) => {
      const container = await this.#toolsContainer(record)
      const finished = await runInside(
        this.engine,
        container,
        program,
        programArguments,
        record.folder,
        options,
      )
      // A program in a container has no process here that could be killed: its container goes.
      if (finished.timedOut) await this.#dropTools(record)
      return finished
    }
  }

  readonly runBare: RunTool = async (program, programArguments, options) => {
    // QEMU's version and its like are the image's: they are asked once.
    const key = JSON.stringify([await this.image(), program, programArguments])
    const known = this.#answers.get(key)
    if (known !== undefined) return await known
    const asked = this.#bare(program, programArguments, options)
    this.#answers.set(key, asked)
    asked.catch(() => this.#answers.delete(key))
    return await asked
  }

  async ask(
    qemuArguments: readonly string[],
    options: Parameters<QemuHost['ask']>[1],
  ): ReturnType<QemuHost['ask']> {
    const { folder, accelerator, onOutput } = options
    const container = await startContainer(
      this.engine,
      await this.#plan('question', [this.program, ...qemuArguments], {
        ...(folder === undefined ? {} : { workingFolder: folder, writable: [folder] }),
        ...(accelerator === 'kvm' ? { kvmGroup: await kvmGroup() } : {}),
      }),
      onOutput,
    )
    const exited = containerEnd(container).then(async (end) => {
      await removeContainer(container).catch(() => undefined)
      return end
    })
    return { exited, kill: () => void container.kill().catch(() => undefined) }
  }

  async start(
    qemuArguments: readonly string[],
    record: MachineRecord,
    accelerator: 'kvm' | 'tcg',
    _ctx: Context,
  ): Promise<QemuProcess> {
    const { profile, ref } = record
    const tpm = profile.tpm === '2.0' ? 'tpm' : 'plain'
    const container = await startContainer(this.engine, {
      ...(await this.#plan(
        'machine',
        [...START_MACHINE, tpm, this.program, ...qemuArguments],
        await machineFiles(record),
      )),
      labels: machineLabels(ref, await this.#ownerId(), 'machine'),
      memoryMiB: profile.memoryMiB,
      ...(accelerator === 'kvm' ? { kvmGroup: await kvmGroup() } : {}),
      network: profile.network?.access === 'open',
    })
    return processOf(container)
  }

  async findMachines(): Promise<readonly FoundMachine[]> {
    const found = new Map<string, { ref: MachineRef; containers: Dockerode.ContainerInfo[] }>()
    for (const info of await this.#list({ [LABELS.owner]: await this.#ownerId() })) {
      const ref = refOf(info)
      if (ref === undefined) {
        if (await askedByTheDead(info)) await removeContainer(this.engine.getContainer(info.Id))
        continue
      }
      const key = `${ref.run}\0${ref.name}`
      const entry = found.get(key) ?? { ref, containers: [] }
      entry.containers.push(info)
      found.set(key, entry)
    }
    return [...found.values()].map(({ ref, containers }) => {
      const main = containers.find(
        ({ Labels: labels, State: state }) => labels[LABELS.part] === 'machine' && state === 'running',
      )
      return {
        ref,
        details: { container: (main ?? containers[0])?.Id ?? '' },
        ...(main === undefined ? {} : { process: processOf(this.engine.getContainer(main.Id)) }),
        end: async () => {
          for (const { Id: id } of containers) await removeContainer(this.engine.getContainer(id))
        },
      }
    })
  }

  async release(record: MachineRecord): Promise<void> {
    this.#tools.delete(record.folder)
    const { run, cell } = record.ref
    const mine = await this.#list({
      [LABELS.owner]: await this.#ownerId(),
      [LABELS.run]: run,
      [LABELS.cell]: cell,
    })
    for (const info of mine)
      if (refOf(info)?.name === record.ref.name) await removeContainer(this.engine.getContainer(info.Id))
  }

  async findFirmware(firmware: 'uefi' | 'uefi-secure-boot'): ReturnType<QemuHost['findFirmware']> {
    const options = { timeoutMs: BARE_TIMEOUT_MS }
    return await findFirmware(
      firmware,
      async (path) => (await this.runBare('ls', ['--', path], options)).exitCode === 0,
    )
  }

  async refuseKvm(): Promise<string | undefined> {
    const code = await access(KVM_DEVICE, constants.R_OK | constants.W_OK).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code ?? 'unreadable',
    )
    if (code === undefined) return undefined
    return code === 'ENOENT' ? `this host has no ${KVM_DEVICE}` : `${KVM_DEVICE} cannot be opened (${code})`
  }

  async kvmKey(): Promise<string> {
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
    return `${await this.image()} ${this.program} ${boot}`
  }

  async memoryMiB(): Promise<number> {
    const info = (await this.engine.info()) as { readonly MemTotal?: number }
    return Math.floor((info.MemTotal ?? 0) / 1024 ** 2)
  }

  /**
   * Why the engine cannot run machines in folders of this computer; undefined when it can. It may run elsewhere: a folder
   * of this computer is shown to a container, which must read there what was written here.
   */
  async refuseEngine(): Promise<string | undefined> {
    await mkdir(this.#settings.stateFolder, { recursive: true })
    const nonce = randomUUID()
    // A file for each question: other processes may ask at the same time.
    const file = join(await realpath(this.#settings.stateFolder), `engine-probe-${nonce}`)
    const plan = await this.#plan('question', SLEEP, { readOnly: [file] })
    await writeFile(file, nonce)
    let container: Dockerode.Container | undefined
    try {
      container = await startContainer(this.engine, plan)
      const { stdout } = await runInside(this.engine, container, 'cat', [file], undefined, {
        timeoutMs: BARE_TIMEOUT_MS,
      })
      return stdout.toString('utf8') === nonce ? undefined : ELSEWHERE
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return /mount|bind source path/i.test(message) ? ELSEWHERE : oneLine(message, 500)
    } finally {
      await rm(file, { force: true })
      if (container !== undefined) await removeContainer(container).catch(() => undefined)
    }
  }

  async #bare(
    program: string,
    programArguments: readonly string[],
    options: Omit<RunOptions, 'cwd'>,
  ): Promise<Finished> {
    const container = await startContainer(this.engine, await this.#plan('question', SLEEP, {}))
    try {
      return await runInside(this.engine, container, program, programArguments, undefined, {
        timeoutMs: BARE_TIMEOUT_MS,
        ...options,
      })
    } finally {
      await removeContainer(container).catch(() => undefined)
    }
  }

  async #toolsContainer(record: MachineRecord): Promise<Dockerode.Container> {
    const known = this.#tools.get(record.folder)
    if (known !== undefined) return await known
    const started = (async () =>
      await startContainer(this.engine, {
        ...(await this.#plan('tools', SLEEP, await machineFiles(record))),
        labels: machineLabels(record.ref, await this.#ownerId(), 'tools'),
      }))()
    this.#tools.set(record.folder, started)
    started.catch(() => this.#tools.delete(record.folder))
    return await started
  }

  async #dropTools(record: MachineRecord): Promise<void> {
    const container = await this.#tools.get(record.folder)
    this.#tools.delete(record.folder)
    if (container !== undefined) await removeContainer(container)
  }

  async #plan(
    part: 'machine' | 'tools' | 'question',
    command: readonly string[],
    files: {
      readonly workingFolder?: string
      readonly writable?: readonly string[]
      readonly readOnly?: readonly string[]
      readonly kvmGroup?: number
    },
  ): Promise<ContainerPlan> {
    return {
      image: await this.image(),
      command,
      labels: {
        [LABELS.owner]: await this.#ownerId(),
        [LABELS.part]: part,
        [LABELS.asker]: `${process.pid} ${(await processStartTime(process.pid)) ?? ''}`,
      },
      user: await this.#userId(),
      readOnly: [],
      writable: [],
      memoryMiB: 512,
      network: false,
      ...files,
    }
  }

  /** Folders here belong to our user; a rootless engine maps that user to its containers' root. */
  async #userId(): Promise<string> {
    this.#user ??= (async () => {
      const info = (await this.engine.info()) as { readonly SecurityOptions?: readonly string[] }
      const rootless = (info.SecurityOptions ?? []).some((option) => option.includes('rootless'))
      return rootless ? '0:0' : `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`
    })()
    this.#user.catch(() => (this.#user = undefined))
    return await this.#user
  }

  async #ownerId(): Promise<string> {
    this.#owner ??= ownerId(this.#settings.stateFolder)
    return await this.#owner
  }

  async #list(labels: Readonly<Record<string, string>>): Promise<readonly Dockerode.ContainerInfo[]> {
    try {
      return await this.engine.listContainers({
        all: true,
        filters: { label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) },
      })
    } catch (error) {
      throw engineFault('containers could not be listed', error)
    }
  }
}

function processOf(container: Dockerode.Container): QemuProcess {
  const ended = containerEnd(container).then(async (end) => {
    await removeContainer(container).catch(() => undefined)
    return end
  })
  return {
    details: { container: container.id },
    ended,
    async kill() {
      await removeContainer(container)
      await ended
    },
  }
}

/** What a machine's containers see: its own folder, and the sealed files below it, read-only, under their own paths. */
async function machineFiles({
  folder,
  source,
  savedState,
}: MachineRecord): Promise<Pick<ContainerPlan, 'workingFolder' | 'writable' | 'readOnly'>> {
  const { kernel } = source
  const files = [
    kernel?.path,
    kernel?.uefiPath,
    kernel?.initrd,
    savedState?.memory,
    ...(savedState?.further ?? []),
  ]
  const disks = [source.disk, ...(savedState === undefined ? [] : [savedState.disk])]
  const chains = await Promise.all(disks.map(diskChain))
  const readOnly = new Set([...files.filter((file) => file !== undefined), ...chains.flat()])
  return { workingFolder: folder, writable: [folder], readOnly: [...readOnly] }
}

/** The group that may use KVM, which a user's container is not in by itself. */
async function kvmGroup(): Promise<number> {
  return (await stat(KVM_DEVICE)).gid
}

/** A container that a process made for a question, and that it cannot remove any more. */
async function askedByTheDead({ Labels: labels }: Dockerode.ContainerInfo): Promise<boolean> {
  const asker = /^(\d+) (.+)$/.exec(labels[LABELS.asker] ?? '')
  return (
    labels[LABELS.part] === 'question' &&
    asker !== null &&
    (await processStartTime(Number(asker[1]))) !== asker[2]
  )
}

function refOf(info: Dockerode.ContainerInfo): MachineRef | undefined {
  try {
    return MachineRefSchema.safeParse(JSON.parse(info.Labels[LABELS.machine] ?? '')).data
  } catch {
    return undefined
  }
}

/** Names this state folder for good: whoever else uses the engine has another. */
async function ownerId(stateFolder: string): Promise<string> {
  const path = join(stateFolder, 'engine-owner')
  await mkdir(stateFolder, { recursive: true })
  await writeFile(path, randomUUID(), { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  const id = (await readFile(path, 'utf8')).trim()
  if (/^[0-9a-f-]{36}$/.test(id)) return id
  throw new AppError('HOST_STATE', 'host', `${path} holds no id`, {
    hint: 'remove it after "ringzero sweep": containers of before are not found afterwards',
  })
}
