/**
 * Machines of an engine that does not see this computer's files. A machine's folder is a volume; sealed files are volumes
 * that are shared and named by hash, and get their own paths in containers by links, since disks name their parents by
 * path. Sockets and serial log are reached by streams.
 */
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type Dockerode from 'dockerode'
import { randomUUID } from 'node:crypto'
import { after } from '../../../kit/clock.ts'
import { sha256 } from '../../../kit/hash.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import { MACHINE_FILES } from '../shared/qemu/build-arguments.ts'
import { KVM_DEVICE } from '../shared/qemu/local-kvm.ts'
import type { MachineFiles } from '../shared/qemu/machine-files.ts'
import type { MachineRecord } from '../shared/qemu/machine-folder.ts'
import type { QemuProcess } from '../shared/qemu/qemu-host.ts'
import { machineLabels } from './container-settings.ts'
import { NAMED } from './name-files.ts'
import { diskChain } from './disk-chain.ts'
import { engineFault, statusOf } from './engine-fault.ts'
import type { LayerVolumes, PlacedLayer } from './layer-volumes.ts'
import { sealedFiles, type MachinePlace, type PlacedFiles } from './machine-place.ts'
import { remoteFiles } from './remote-files.ts'
import { ResumableLink } from './resumable-link.ts'
import { runInside } from './run-container.ts'
import type { RunnerContainers } from './runner-containers.ts'
import { SerialFollower } from './serial-follower.ts'

const FOLDER = '/ringzero/machine'
/** Nobody on the other side: files of machines are its own alone. */
const USER = '10001:10001'
const ROOT = '0:0'
const STEP_MS = 60_000
/** For what a machine wrote before its end to arrive. */
const LAST_WORDS_MS = 15_000
/** A disk in one of these would hide what the container itself is made of. */
const SYSTEM =
  /^\/(?:$|(?:proc|sys|dev|run|etc|bin|sbin|lib|lib64|ringzero)(?:\/|$)|usr(?:$|\/(?:$|s?bin|lib|lib64|share)$))/

/** Arguments: sealed files. The volume's folder is root's until here; names are given meanwhile (NAME_FILES). */
const PREPARE = `
chmod 1777 . || exit 1
for file in "$@"; do [ -e "$file" ] || exit 66; done
n=0; while [ ! -e ${NAMED} ]; do n=$((n+1)); [ $n -gt 1200 ] && exit 1; sleep 0.05; done
`

interface Reached {
  readonly links: Set<ResumableLink>
  serial?: SerialFollower
}

export class RemotePlace implements MachinePlace {
  readonly #containers: RunnerContainers
  readonly #layers: LayerVolumes
  readonly #tools: (record: MachineRecord) => Promise<Dockerode.Container>
  /** By folder of the machine on this computer. */
  readonly #reached = new Map<string, Reached>()

  /** `tools` finds or makes the container that a machine's tools run in. */
  constructor(
    containers: RunnerContainers,
    layers: LayerVolumes,
    tools: (record: MachineRecord) => Promise<Dockerode.Container>,
  ) {
    this.#containers = containers
    this.#layers = layers
    this.#tools = tools
  }

  async filesSeen(record: MachineRecord): Promise<PlacedFiles> {
    const layers = await this.#placed(record)
    const volume = await this.#volumeOf(record)
    const owner = await this.#containers.ownerId()
    try {
      await this.#containers.engine.createVolume({
        Name: volume,
        Labels: { ...machineLabels(record.ref, owner, 'folder') },
      })
    } catch (error) {
      throw engineFault('a volume could not be made', error)
    }
    const shown = new Map([...layers.values()].map(({ mount }) => [mount.volume, mount]))
    return {
      user: await this.#user(),
      workingFolder: FOLDER,
      readOnly: [],
      writable: [],
      volumes: [{ volume, target: FOLDER, readOnly: false }, ...shown.values()],
      // /tmp is such a folder in any container.
      nameFolders: [...new Set([...layers.keys()].map((path) => dirname(path)))].filter(
        (path) => path !== '/tmp',
      ),
    }
  }

  async namesOf(record: MachineRecord): Promise<readonly (readonly [string, string])[]> {
    return [...(await this.#placed(record))].map(([path, layer]) => [layer.path, path] as const)
  }

  async prepare(record: MachineRecord, tools: Dockerode.Container): Promise<void> {
    const names = await this.namesOf(record)
    const done = await runInside(
      this.#containers.engine,
      tools,
      'sh',
      ['-c', PREPARE, 'sh', ...names.map(([file]) => file)],
      FOLDER,
      { timeoutMs: STEP_MS, user: ROOT },
    )
    if (done.exitCode === 66) {
      this.#layers.forget()
      throw new AppError(
        'HOST_IMAGE_MISSING',
        'host',
        'a volume of the engine with a sealed disk was removed',
        {
          hint: 'resume the run: the disk is given to the engine again',
        },
      )
    }
    if (done.exitCode !== 0)
      throw engineFault(
        'the machine’s folder could not be prepared',
        new Error(oneLine(done.stderr.toString('utf8'), 300)),
      )
  }

  filesOf(record: MachineRecord): MachineFiles {
    return remoteFiles(
      this.#containers.engine,
      FOLDER,
      async () => await this.#tools(record),
      async (socket) => await this.#link(record, socket),
    )
  }

  whole(folder: string, process: QemuProcess): QemuProcess {
    const ended = process.ended.then(async (end) => {
      await this.#lastWords(folder)
      return end
    })
    return {
      details: process.details,
      ended,
      async kill() {
        await process.kill()
        await ended
      },
    }
  }

  async release(record: MachineRecord): Promise<void> {
    for (const link of this.#reached.get(record.folder)?.links ?? []) link.destroy()
    this.#reached.delete(record.folder)
    await removeVolume(this.#containers.engine, await this.#volumeOf(record))
  }

  async refuseKvm(): Promise<string | undefined> {
    try {
      await this.kvmGroup()
      return undefined
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return /no such file|not found|does not exist/i.test(message)
        ? `the engine’s computer has no ${KVM_DEVICE}`
        : `${KVM_DEVICE} of the engine’s computer cannot be given to a container: ${oneLine(message, 300)}`
    }
  }

  async kvmGroup(): Promise<number> {
    const { stdout } = await this.#containers.ask(
      'stat',
      ['-c', '%g', KVM_DEVICE],
      {},
      { user: ROOT, kvmGroup: 0 },
    )
    const text = stdout.toString('utf8').trim()
    if (!/^\d+$/.test(text)) throw new Error(`${KVM_DEVICE} not found`)
    return Number(text)
  }

  async bootId(): Promise<string> {
    const { stdout } = await this.#containers.ask('cat', ['/proc/sys/kernel/random/boot_id'], {})
    return stdout.toString('utf8').trim()
  }

  /** Sealed files by the paths that disks know them by. */
  async #placed(record: MachineRecord): Promise<ReadonlyMap<string, PlacedLayer>> {
    const { files, disks } = sealedFiles(record)
    const chains = await Promise.all(disks.map(diskChain))
    const paths = [...new Set([...files, ...chains.flat()])]
    const hidden = paths.find((path) => SYSTEM.test(dirname(path)))
    if (hidden !== undefined)
      throw new AppError(
        'HOST_CONTAINER',
        'host',
        `${hidden} lies in a folder that a container has of its own`,
        { hint: 'move it to another folder' },
      )
    return await this.#layers.place(paths, await this.#user())
  }

  async #user(): Promise<string> {
    return (await this.#containers.isRootless()) ? ROOT : USER
  }

  async #volumeOf({ ref }: Pick<MachineRecord, 'ref'>): Promise<string> {
    const owner = await this.#containers.ownerId()
    return `ringzero-folder-${sha256(`${owner}\0${ref.run}\0${ref.name}`).slice(0, 32)}`
  }

  async #link(record: MachineRecord, socket: string): Promise<ResumableLink> {
    const { engine } = this.#containers
    const container = await this.#tools(record)
    const giveUp = (file: string, bytes: number): void => {
      // Where the file system cannot do it, the copy stays until the machine goes.
      void runInside(
        engine,
        container,
        'fallocate',
        ['--punch-hole', '--offset', '0', '--length', String(bytes), file],
        undefined,
        { timeoutMs: STEP_MS },
      ).catch(() => undefined)
    }
    const reached = this.#reached.get(record.folder) ?? { links: new Set() }
    this.#reached.set(record.folder, reached)
    if (reached.serial === undefined) {
      const local = join(record.folder, MACHINE_FILES.serialLog)
      const known = await stat(local).then(
        ({ size }) => size,
        () => 0,
      )
      reached.serial = new SerialFollower(engine, MACHINE_FILES.serialLog, local, known, giveUp)
    }
    reached.serial.start(container)
    const link = new ResumableLink({ engine, container, name: `link-${randomUUID()}`, socket, giveUp })
    reached.links.add(link)
    link.once('close', () => reached.links.delete(link))
    return link
  }

  /** QEMU's last events decide what its end means. */
  async #lastWords(folder: string): Promise<void> {
    const reached = this.#reached.get(folder)
    if (reached === undefined) return
    const links = [...reached.links].map(async (link) => {
      // QEMU speaks first: a link that heard nothing was never made.
      if (link.received === 0) link.destroy()
      if (link.closed) return
      await new Promise<void>((resolve) => {
        const cancel = after(LAST_WORDS_MS, () => link.destroy())
        link.once('close', () => {
          cancel()
          resolve()
        })
      })
    })
    await Promise.all([...links, reached.serial?.finish()])
  }
}

/** A volume that is gone is no error. @throws AppError fault "host" */
export async function removeVolume(engine: Dockerode, name: string): Promise<void> {
  try {
    await engine.getVolume(name).remove()
  } catch (error) {
    if (statusOf(error) !== 404) throw engineFault('a volume could not be removed', error)
  }
}
