/** Containers of the runner image that carry this state folder's mark. */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type Dockerode from 'dockerode'
import type { Finished, RunOptions } from '../../../kit/process.ts'
import { AppError } from '../../../model/errors.ts'
import { processStartTime } from '../shared/qemu/process-mark.ts'
import { LABELS, type ContainerPlan } from './container-settings.ts'
import { engineFault } from './engine-fault.ts'
import { removeContainer, runInside, startContainer } from './run-container.ts'

const QUESTION_TIMEOUT_MS = 60_000
const QUESTION_MEMORY_MIB = 512
/** What keeps a container running in which programs are run from outside. */
export const IDLE = ['sleep', 'infinity']

export class RunnerContainers {
  readonly engine: Dockerode
  readonly stateFolder: string
  /** Id of the runner image; builds one where there is none. @throws AppError */
  readonly image: () => Promise<string>
  readonly #forgetImage: () => void
  #owner: Promise<string> | undefined
  #rootless: Promise<boolean> | undefined

  /** `forgetImage`: called when the image has vanished, so that `image` looks again. */
  constructor(
    engine: Dockerode,
    stateFolder: string,
    image: () => Promise<string>,
    forgetImage: () => void = () => undefined,
  ) {
    this.engine = engine
    this.stateFolder = stateFolder
    this.image = image
    this.#forgetImage = forgetImage
  }

  /** A container for a question, unless `changes` say otherwise. */
  async plan(command: readonly string[], changes: Partial<ContainerPlan> = {}): Promise<ContainerPlan> {
    return {
      image: await this.image(),
      command,
      labels: {
        [LABELS.owner]: await this.ownerId(),
        [LABELS.part]: 'question',
        [LABELS.asker]: `${process.pid} ${(await processStartTime(process.pid)) ?? ''}`,
      },
      user: await this.ownUser(),
      readOnly: [],
      writable: [],
      memoryMiB: QUESTION_MEMORY_MIB,
      network: false,
      ...changes,
    }
  }

  /** Runs a program in a container of its own. */
  async ask(
    program: string,
    programArguments: readonly string[],
    options: Omit<RunOptions, 'cwd'>,
    changes: Partial<ContainerPlan> = {},
  ): Promise<Finished> {
    return await this.inQuestion(
      changes,
      async (container) =>
        await runInside(this.engine, container, program, programArguments, undefined, {
          timeoutMs: QUESTION_TIMEOUT_MS,
          ...options,
        }),
    )
  }

  /** @throws AppError fault "host"; HOST_RUNNER_IMAGE when the image was removed */
  async start(plan: ContainerPlan, onOutput?: (piece: Buffer) => void): Promise<Dockerode.Container> {
    try {
      return await startContainer(this.engine, plan, onOutput)
    } catch (error) {
      if (error instanceof AppError && error.code === 'HOST_RUNNER_IMAGE') this.#forgetImage()
      throw error
    }
  }

  /** Lends a running container to `work`, and removes it afterwards. */
  async inQuestion<T>(
    changes: Partial<ContainerPlan>,
    work: (container: Dockerode.Container) => Promise<T>,
  ): Promise<T> {
    const container = await this.start(await this.plan(IDLE, changes))
    try {
      return await work(container)
    } finally {
      await removeContainer(container).catch(() => undefined)
    }
  }

  /** Folders here belong to our user; a rootless engine maps that user to its containers' root. */
  async ownUser(): Promise<string> {
    return (await this.isRootless()) ? '0:0' : `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`
  }

  async isRootless(): Promise<boolean> {
    this.#rootless ??= (async () => {
      const info = (await this.engine.info()) as { readonly SecurityOptions?: readonly string[] }
      return (info.SecurityOptions ?? []).some((option) => option.includes('rootless'))
    })()
    this.#rootless.catch(() => (this.#rootless = undefined))
    return await this.#rootless
  }

  async ownerId(): Promise<string> {
    this.#owner ??= ownerId(this.stateFolder)
    return await this.#owner
  }

  /** Containers of this state folder with all of these labels, running or not. @throws AppError fault "host" */
  async list(labels: Readonly<Record<string, string>>): Promise<readonly Dockerode.ContainerInfo[]> {
    try {
      return await this.engine.listContainers({ all: true, filters: { label: await this.#filter(labels) } })
    } catch (error) {
      throw engineFault('containers could not be listed', error)
    }
  }

  /** Volumes of this state folder with all of these labels. @throws AppError fault "host" */
  async listVolumes(
    labels: Readonly<Record<string, string>>,
  ): Promise<readonly Dockerode.VolumeInspectInfo[]> {
    try {
      const found = await this.engine.listVolumes({
        filters: JSON.stringify({ label: await this.#filter(labels) }),
      })
      return (found as { readonly Volumes: readonly Dockerode.VolumeInspectInfo[] | null }).Volumes ?? []
    } catch (error) {
      throw engineFault('volumes could not be listed', error)
    }
  }

  async #filter(labels: Readonly<Record<string, string>>): Promise<string[]> {
    const all = { ...labels, [LABELS.owner]: await this.ownerId() }
    return Object.entries(all).map(([name, value]) => `${name}=${value}`)
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
