/** What a run knows of the hosts of all workers: who is there, which cells each can carry and why not, what others take. Pure. */
import type { Fitness, RunProgress, WorkerHost } from '../model/fleet.ts'
import type { PlannedCell } from '../model/plan.ts'
import type { HostRoom } from './admission.ts'
import { sortOf, type RegisteredWorker } from './registry.ts'

export interface HostViewOptions {
  readonly toolVersion: string
  readonly simulated: boolean
  /** A worker that is silent for longer gets nothing new. */
  readonly absentMs: number
  /** A cell that no host carries for so long is given up. */
  readonly waitMs: number
}

export interface Sighting {
  readonly workers: readonly RegisteredWorker[]
  readonly answers: ReadonlyMap<string, ReadonlyMap<string, Fitness>>
  readonly taken: readonly {
    readonly worker: string
    readonly host: string
    readonly run: string
    readonly taken: HostRoom
  }[]
  /** Whose view this is. */
  readonly run: string
  readonly at: number
}

export interface SeenHost {
  readonly capacity: HostRoom & { readonly name: string; readonly provider: string }
  /** Taken by other runs. */
  readonly foreign: HostRoom
  readonly facts: WorkerHost['facts']
}

const NO_ROOM: HostRoom = { vcpus: 0, memoryMiB: 0, machines: 0 }

export class HostView {
  readonly #options: HostViewOptions
  #workers: readonly RegisteredWorker[] = []
  #answers: Sighting['answers'] = new Map()
  /** Hosts that can be placed on. */
  readonly #hosts = new Map<string, HostRoom>()
  /** Content of each image that machines of this run start from: all from one build. */
  readonly #images = new Map<string, string>()
  /** Hosts that the run does not use any more, with the reason. */
  readonly #drained = new Map<string, string>()
  /** Worker → when its process was started. */
  readonly #started = new Map<string, number>()
  /** Sort of cells → since when no host carries it. */
  readonly #uncarried = new Map<string, number>()
  readonly #sorts = new WeakMap<PlannedCell, string>()

  constructor(options: HostViewOptions) {
    this.#options = options
  }

  /** Takes what was seen in. */
  note({ workers, answers, taken, run }: Sighting): {
    readonly open: readonly SeenHost[]
    readonly closed: readonly string[]
    /** Hosts whose worker was started anew since the last look: somebody may have seen to them. */
    readonly renewed: readonly string[]
  } {
    this.#workers = workers
    this.#answers = answers
    const before = new Set(this.#hosts.keys())
    this.#hosts.clear()
    const open: SeenHost[] = []
    const renewed: string[] = []
    for (const worker of workers) {
      const started = this.#started.get(worker.name) ?? worker.startedAt
      this.#started.set(worker.name, worker.startedAt)
      if (started !== worker.startedAt)
        renewed.push(...worker.hosts.map((host) => `${worker.name}/${host.name}`))
      if (this.#reasonAgainst(worker) !== undefined) continue
      for (const host of worker.hosts) {
        if (host.because !== undefined || (host.simulated && !this.#options.simulated)) continue
        const { vcpus, memoryMiB, machines, provider, facts } = host
        const name = `${worker.name}/${host.name}`
        const foreign = taken
          .filter((lease) => `${lease.worker}/${lease.host}` === name && lease.run !== run)
          .reduce((sum, lease) => added(sum, lease.taken), NO_ROOM)
        this.#hosts.set(name, { vcpus, memoryMiB, machines })
        open.push({ capacity: { name, provider, vcpus, memoryMiB, machines }, foreign, facts })
      }
    }
    return { open, closed: [...before].filter((name) => !this.#hosts.has(name)), renewed }
  }

  /** What a host has when it is empty; undefined: nothing can be placed on it. */
  room(host: string): HostRoom | undefined {
    return this.#hosts.get(host)
  }

  /** Whether a host that is there can take such a cell, whatever its room. */
  carries(host: string, cell: PlannedCell): boolean {
    if (!this.#hosts.has(host)) return false
    const [worker = '', name = ''] = host.split('/')
    const answer = this.#answers.get(worker)?.get(this.#sort(cell))
    return answer !== undefined && this.#against(answer, name, cell).length === 0
  }

  /** The run does not use a host any more. */
  drain(host: string, because: string): void {
    this.#drained.set(host, because)
  }

  /** It uses a drained host again. */
  undrain(host: string): void {
    this.#drained.delete(host)
  }

  /** All machines of a run start from one build of an image: the first that is told. */
  pinImage(image: string, sha256: string): void {
    if (!this.#images.has(image)) this.#images.set(image, sha256)
  }

  /** Whether a machine started from the build that all of this run start from. */
  isSameImage({ image }: PlannedCell, sha256: string | undefined): boolean {
    if (sha256 === undefined) return true
    this.pinImage(image, sha256)
    return this.#images.get(image) === sha256
  }

  /** Hosts that can take something of these cells. */
  wanted(cells: readonly PlannedCell[]): readonly string[] {
    const sorts = new Map(cells.map((cell) => [this.#sort(cell), cell]))
    return [...this.#hosts.keys()].filter(
      (host) => !this.#drained.has(host) && [...sorts.values()].some((cell) => this.carries(host, cell)),
    )
  }

  /** Why a cell that no host carries now is given up; undefined: it waits on. */
  givesUp(cell: PlannedCell, at: number): string | undefined {
    const sort = this.#sort(cell)
    if (this.#isCarried(cell)) {
      this.#uncarried.delete(sort)
      return undefined
    }
    const since = this.#uncarried.get(sort) ?? at
    this.#uncarried.set(sort, since)
    const { waitMs } = this.#options
    if (at - since < waitMs) return undefined
    return `never started: in ${Math.round(waitMs / 60_000)} minutes no worker could take it: ${this.#why(cell)}`
  }

  /** Why cells that wait cannot start anywhere now, the most first. */
  reasons(waiting: readonly PlannedCell[]): RunProgress['reasons'] {
    const counts = new Map<string, number>()
    for (const cell of waiting) {
      const because = this.#isCarried(cell)
        ? 'all hosts that can carry them are taken, or kept for a run that goes first'
        : this.#why(cell)
      counts.set(because, (counts.get(because) ?? 0) + 1)
    }
    return [...counts]
      .map(([because, cells]) => ({ because, cells }))
      .toSorted((a, b) => b.cells - a.cells)
      .slice(0, 20)
  }

  #isCarried(cell: PlannedCell): boolean {
    return [...this.#hosts.keys()].some((host) => !this.#drained.has(host) && this.carries(host, cell))
  }

  /** In one sentence, of all workers. */
  #why(cell: PlannedCell): string {
    if (this.#workers.length === 0) return 'no worker was ever started'
    const reasons = this.#workers.flatMap((worker) => {
      const against = this.#reasonAgainst(worker)
      if (against !== undefined) return [`${worker.name}: ${against}`]
      const answer = this.#answers.get(worker.name)?.get(this.#sort(cell))
      if (answer === undefined) return [`${worker.name}: it has not said yet what it can carry`]
      return worker.hosts.flatMap((host) => {
        const name = `${worker.name}/${host.name}`
        const reason =
          host.because ?? this.#drained.get(name) ?? this.#against(answer, host.name, cell).join(', ')
        return reason === '' ? [] : [`${name}: ${reason}`]
      })
    })
    return [...new Set(reasons)].join('; ').slice(0, 1000)
  }

  #reasonAgainst({ stopped, silentMs, toolVersion }: RegisteredWorker): string | undefined {
    if (stopped) return 'it was stopped'
    if (silentMs > this.#options.absentMs) return `not heard of for ${Math.round(silentMs / 1000)} s`
    if (toolVersion !== this.#options.toolVersion)
      return `it is version ${toolVersion}, the run is of ${this.#options.toolVersion}`
    return undefined
  }

  #against({ reasons, imageSha256 }: Fitness, host: string, { image }: PlannedCell): readonly string[] {
    const said = reasons[host] ?? []
    if (said.length > 0 || this.#options.simulated) return said
    if (imageSha256 === undefined) return [`image ${image} is not built there: run ringzero images build`]
    this.pinImage(image, imageSha256)
    return this.#images.get(image) === imageSha256
      ? []
      : [`its image ${image} is another build than the other machines of this run start from`]
  }

  #sort(cell: PlannedCell): string {
    const known = this.#sorts.get(cell) ?? sortOf(cell)
    this.#sorts.set(cell, known)
    return known
  }
}

function added(a: HostRoom, b: HostRoom): HostRoom {
  return {
    vcpus: a.vcpus + b.vcpus,
    memoryMiB: a.memoryMiB + b.memoryMiB,
    machines: a.machines + b.machines,
  }
}
