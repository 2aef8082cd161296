/**
 * QEMU in containers of an engine. A second container beside a machine's, with the same files, runs QEMU's tools: nothing
 * of QEMU need be installed on this computer. Where the files are, and how sockets and logs are reached, is the place's
 * business (machine-place.ts).
 */
import type Dockerode from 'dockerode'
import type { Finished } from '../../../kit/process.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import { MachineRefSchema, type MachineRef } from '../../../model/machine-ref.ts'
import type { Context } from '../../../sdk/context.ts'
import { MACHINE_FILES } from '../shared/qemu/build-arguments.ts'
import { findFirmware } from '../shared/qemu/firmware.ts'
import type { MachineFiles } from '../shared/qemu/machine-files.ts'
import { folderOf, type MachineRecord } from '../shared/qemu/machine-folder.ts'
import { processStartTime } from '../shared/qemu/process-mark.ts'
import type { FoundMachine, QemuHost, QemuProcess, RunTool } from '../shared/qemu/qemu-host.ts'
import { LABELS, machineLabels } from './container-settings.ts'
import { locateEngine, type EngineLocation } from './engine-location.ts'
import { LayerVolumes } from './layer-volumes.ts'
import { localPlace } from './local-place.ts'
import type { MachinePlace } from './machine-place.ts'
import { NAME_FILES, idleWithNames, nameArguments } from './name-files.ts'
import { RemotePlace, removeVolume } from './remote-place.ts'
import { containerEnd, removeContainer, runInside } from './run-container.ts'
import { IDLE, type RunnerContainers } from './runner-containers.ts'

/**
 * Gives sealed files their names, starts the TPM where the machine has one, becomes QEMU. Its arguments come as a list; nothing is put into its text.
 * swtpm is not asked by connecting: with --terminate the end of a connection would end it.
 */
const START_MACHINE = [
  'sh',
  '-c',
  [
    NAME_FILES,
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
  readonly containers: RunnerContainers
  readonly program: string
  readonly location: 'auto' | EngineLocation
}

export class ContainerHost implements QemuHost {
  readonly provider = 'docker'
  readonly program: string
  readonly layers: LayerVolumes
  readonly #containers: RunnerContainers
  readonly #asked: 'auto' | EngineLocation
  readonly #tools = new Map<string, Promise<Dockerode.Container>>()
  readonly #answers = new Map<string, Promise<Finished>>()
  readonly #places: Readonly<Record<EngineLocation, MachinePlace>>
  #location: Promise<EngineLocation> | undefined

  constructor({ containers, program, location }: ContainerHostSettings) {
    this.#containers = containers
    this.#asked = location
    this.program = program
    this.layers = new LayerVolumes(containers)
    this.#places = {
      local: localPlace(async () => await containers.ownUser()),
      remote: new RemotePlace(containers, this.layers, async (record) => await this.#toolsContainer(record)),
    }
  }

  get engine(): Dockerode {
    return this.#containers.engine
  }

  toolsOf(record: MachineRecord): RunTool {
    return async (program, programArguments, options) => {
      const container = await this.#toolsContainer(record)
      const finished = await runInside(this.engine, container, program, programArguments, undefined, options)
      // A program in a container has no process here that could be killed: its container goes.
      if (finished.timedOut) await this.#dropTools(record)
      return finished
    }
  }

  filesOf(record: MachineRecord): MachineFiles {
    const files = async (): Promise<MachineFiles> => (await this.#place()).filesOf(record)
    return {
      connect: async (name) => await (await files()).connect(name),
      has: async (name) => await (await files()).has(name),
      read: async (name) => await (await files()).read(name),
      readAt: async (name, position, length) => await (await files()).readAt(name, position, length),
      write: async (name, content) => await (await files()).write(name, content),
      remove: async (names) => await (await files()).remove(names),
      rename: async (from, to) => await (await files()).rename(from, to),
      link: async (sealed, name) => await (await files()).link(sealed, name),
      take: async (name, destination, mode) => await (await files()).take(name, destination, mode),
    }
  }

  readonly runBare: RunTool = async (program, programArguments, options) => {
    // QEMU's version and its like are the image's: they are asked once.
    const key = JSON.stringify([await this.#containers.image(), program, programArguments])
    const known = this.#answers.get(key)
    if (known !== undefined) return await known
    const asked = this.#containers.ask(program, programArguments, options)
    this.#answers.set(key, asked)
    asked.catch(() => this.#answers.delete(key))
    return await asked
  }

  async askQemu(
    qemuArguments: readonly string[],
    accelerator: 'kvm' | 'tcg',
    options: Parameters<RunTool>[2],
  ): Promise<Finished> {
    return await this.#containers.ask(this.program, qemuArguments, options, await this.#kvm(accelerator))
  }

  async tryQemu(
    qemuArguments: readonly string[],
    { accelerator, onOutput }: Parameters<QemuHost['tryQemu']>[1],
  ): ReturnType<QemuHost['tryQemu']> {
    const plan = await this.#containers.plan([this.program, ...qemuArguments], await this.#kvm(accelerator))
    const container = await this.#containers.start(plan, onOutput)
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
    const place = await this.#place()
    const names = await place.namesOf(record)
    const command = [
      ...START_MACHINE,
      ...nameArguments(names),
      profile.tpm === '2.0' ? 'tpm' : 'plain',
      this.program,
      ...qemuArguments,
    ]
    const container = await this.#containers.start(
      await this.#containers.plan(command, {
        ...(await place.filesSeen(record)),
        ...(await this.#kvm(accelerator)),
        labels: machineLabels(ref, await this.#containers.ownerId(), 'machine'),
        memoryMiB: profile.memoryMiB,
        network: profile.network?.access === 'open',
      }),
    )
    return place.whole(record.folder, processOf(container))
  }

  async findMachines(): Promise<readonly FoundMachine[]> {
    const found = new Map<string, Found>()
    const entryOf = (ref: MachineRef): Found => {
      const key = `${ref.run}\0${ref.name}`
      const entry = found.get(key) ?? { ref, containers: [], volumes: [] }
      found.set(key, entry)
      return entry
    }
    for (const info of await this.#containers.list({})) {
      const ref = refOf(info.Labels)
      if (ref !== undefined) entryOf(ref).containers.push(info)
      else if (await askedByTheDead(info)) await removeContainer(this.engine.getContainer(info.Id))
    }
    for (const { Name: name, Labels: labels } of await this.#containers.listVolumes({
      [LABELS.part]: 'folder',
    })) {
      const ref = refOf(labels)
      if (ref !== undefined) entryOf(ref).volumes.push(name)
    }
    if (found.size === 0) return []
    const place = await this.#place()
    return [...found.values()].map((entry) => this.#foundMachine(entry, place))
  }

  #foundMachine({ ref, containers, volumes }: Found, place: MachinePlace): FoundMachine {
    const main = containers.find(
      ({ Labels: labels, State: state }) => labels[LABELS.part] === 'machine' && state === 'running',
    )
    const container = main ?? containers[0]
    return {
      ref,
      details: container === undefined ? {} : { container: container.Id },
      ...(main === undefined
        ? {}
        : { process: place.whole(folderOf(ref) ?? '', processOf(this.engine.getContainer(main.Id))) }),
      end: async () => {
        for (const { Id: id } of containers) await removeContainer(this.engine.getContainer(id))
        for (const volume of volumes) await removeVolume(this.engine, volume)
      },
    }
  }

  async release(record: MachineRecord): Promise<void> {
    this.#tools.delete(record.folder)
    for (const { Id: id } of await this.#containersOf(record.ref))
      await removeContainer(this.engine.getContainer(id))
    // Where nothing could be placed, no place is known, and none need be.
    if (this.#location !== undefined) await (await this.#place()).release(record)
  }

  async findFirmware(firmware: 'uefi' | 'uefi-secure-boot'): ReturnType<QemuHost['findFirmware']> {
    return await findFirmware(
      firmware,
      async (path) => (await this.runBare('ls', ['--', path], {})).exitCode === 0,
    )
  }

  async refuseKvm(): Promise<string | undefined> {
    return await (await this.#place()).refuseKvm()
  }

  async kvmKey(): Promise<string> {
    const place = await this.#place()
    return `${await this.#containers.image()} ${this.program} ${await place.bootId()}`
  }

  async memoryMiB(): Promise<number> {
    const info = (await this.engine.info()) as { readonly MemTotal?: number }
    return Math.floor((info.MemTotal ?? 0) / 1024 ** 2)
  }

  /** Whether the engine sees this computer's files. @throws AppError fault "host" when it runs no container */
  async location(): Promise<EngineLocation> {
    this.#location ??= locateEngine(this.#containers, this.#asked)
    this.#location.catch(() => (this.#location = undefined))
    return await this.#location
  }

  /** Why the engine cannot run machines; undefined when it can. @throws AppError HOST_ENGINE when it does not answer */
  async refuseEngine(): Promise<string | undefined> {
    try {
      await this.location()
      return undefined
    } catch (error) {
      if (error instanceof AppError && error.code === 'HOST_CONTAINER') return oneLine(error.message, 500)
      throw error
    }
  }

  async #place(): Promise<MachinePlace> {
    return this.#places[await this.location()]
  }

  async #kvm(accelerator: 'kvm' | 'tcg'): Promise<{ readonly kvmGroup?: number }> {
    return accelerator === 'kvm' ? { kvmGroup: await (await this.#place()).kvmGroup() } : {}
  }

  async #toolsContainer(record: MachineRecord): Promise<Dockerode.Container> {
    const known = this.#tools.get(record.folder)
    if (known !== undefined) return await known
    const started = this.#startTools(record)
    this.#tools.set(record.folder, started)
    started.catch(() => this.#tools.delete(record.folder))
    return await started
  }

  async #startTools(record: MachineRecord): Promise<Dockerode.Container> {
    // Of a process that was killed: its relays hold the machine's sockets.
    for (const { Id: id, Labels: labels } of await this.#containersOf(record.ref))
      if (labels[LABELS.part] === 'tools') await removeContainer(this.engine.getContainer(id))
    const place = await this.#place()
    const names = await place.namesOf(record)
    const container = await this.#containers.start(
      await this.#containers.plan(names.length === 0 ? IDLE : idleWithNames(names), {
        ...(await place.filesSeen(record)),
        labels: machineLabels(record.ref, await this.#containers.ownerId(), 'tools'),
      }),
    )
    try {
      await place.prepare(record, container)
      return container
    } catch (error) {
      await removeContainer(container).catch(() => undefined)
      throw error
    }
  }

  async #dropTools(record: MachineRecord): Promise<void> {
    const container = await this.#tools.get(record.folder)
    this.#tools.delete(record.folder)
    if (container !== undefined) await removeContainer(container)
  }

  async #containersOf({ run, cell, name }: MachineRef): Promise<readonly Dockerode.ContainerInfo[]> {
    const ofCell = await this.#containers.list({ [LABELS.run]: run, [LABELS.cell]: cell })
    return ofCell.filter(({ Labels: labels }) => refOf(labels)?.name === name)
  }
}

interface Found {
  readonly ref: MachineRef
  readonly containers: Dockerode.ContainerInfo[]
  readonly volumes: string[]
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

/** A container that a process made for a question, and that it cannot remove any more. */
async function askedByTheDead({ Labels: labels }: Dockerode.ContainerInfo): Promise<boolean> {
  const asker = /^(\d+) (.+)$/.exec(labels[LABELS.asker] ?? '')
  return (
    labels[LABELS.part] === 'question' &&
    asker !== null &&
    (await processStartTime(Number(asker[1]))) !== asker[2]
  )
}

function refOf(labels: Readonly<Record<string, string>> | null | undefined): MachineRef | undefined {
  try {
    return MachineRefSchema.safeParse(JSON.parse(labels?.[LABELS.machine] ?? '')).data
  } catch {
    return undefined
  }
}
