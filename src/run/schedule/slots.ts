/** Places for machines on hosts: memory, processors and a number of machines each; never given out twice. */

export interface HostCapacity {
  readonly name: string
  readonly provider: string
  readonly vcpus: number
  readonly memoryMiB: number
  readonly machines: number
}

/** What one machine takes of a host. */
export interface MachineNeed {
  readonly vcpus: number
  readonly memoryMiB: number
}

/** What other runs take of a host. */
export interface Taken extends MachineNeed {
  readonly machines: number
}

const NOTHING: Taken = { vcpus: 0, memoryMiB: 0, machines: 0 }

interface HostState {
  capacity: HostCapacity
  /** By others. */
  foreign: Taken
  /** It is not there now. */
  away: boolean
  vcpus: number
  memoryMiB: number
  readonly taken: Map<number, MachineNeed>
  drained: boolean
  /** One machine at a time, until an attempt came through. */
  onProbation?: boolean
}

const EVERY_HOST: (host: string) => boolean = () => true

export class Slots {
  readonly #hosts = new Map<string, HostState>()

  constructor(hosts: readonly HostCapacity[]) {
    for (const capacity of hosts)
      this.#hosts.set(capacity.name, {
        capacity,
        foreign: NOTHING,
        away: false,
        vcpus: capacity.vcpus,
        memoryMiB: capacity.memoryMiB,
        taken: new Map(),
        drained: false,
      })
  }

  /** Whether some host that is not drained could take such a machine when empty. */
  possible(provider: string, need: MachineNeed, carries = EVERY_HOST): boolean {
    return this.#candidates(provider, need, carries).length > 0
  }

  /** Where such a machine goes now: not to a host of `avoid` when another could ever take it, best to `beside`, else to the emptiest. */
  choose(
    provider: string,
    need: MachineNeed,
    avoid: ReadonlySet<string>,
    beside: string | undefined,
    carries = EVERY_HOST,
  ): string | undefined {
    const possible = this.#candidates(provider, need, carries)
    const others = possible.filter(({ capacity }) => !avoid.has(capacity.name))
    let best: HostState | undefined
    for (const state of others.length > 0 ? others : possible) {
      if (!this.fits(state.capacity.name, need)) continue
      if (state.capacity.name === beside) return beside
      if (best === undefined || state.memoryMiB > best.memoryMiB) best = state
    }
    return best?.capacity.name
  }

  #candidates(provider: string, need: MachineNeed, carries: (host: string) => boolean): readonly HostState[] {
    return [...this.#hosts.values()].filter(
      ({ capacity, drained, away }) =>
        !drained &&
        !away &&
        capacity.provider === provider &&
        capacity.machines > 0 &&
        capacity.vcpus >= need.vcpus &&
        capacity.memoryMiB >= need.memoryMiB &&
        carries(capacity.name),
    )
  }

  fits(host: string, need: MachineNeed): boolean {
    const state = this.#hosts.get(host)
    return (
      state !== undefined &&
      !state.drained &&
      !state.away &&
      !(state.onProbation === true && state.taken.size > 0) &&
      state.taken.size + state.foreign.machines < state.capacity.machines &&
      state.vcpus - state.foreign.vcpus >= need.vcpus &&
      state.memoryMiB - state.foreign.memoryMiB >= need.memoryMiB
    )
  }

  /** The lowest free slot number of a host on which it fits; undefined when it does not. */
  take(host: string, need: MachineNeed): number | undefined {
    const state = this.#hosts.get(host)
    if (state === undefined || !this.fits(host, need)) return undefined
    let slot = 0
    while (state.taken.has(slot)) slot += 1
    this.#set(state, slot, need)
    return slot
  }

  /** Enters a machine that is there already; its host need not be known yet. */
  hold(host: string, slot: number, need: MachineNeed): void {
    let state = this.#hosts.get(host)
    if (state === undefined) {
      const capacity = { name: host, provider: '', vcpus: 0, memoryMiB: 0, machines: 0 }
      const none = { foreign: NOTHING, vcpus: 0, memoryMiB: 0, taken: new Map(), drained: false }
      this.#hosts.set(host, (state = { capacity, away: true, ...none }))
    }
    this.#set(state, slot, need)
  }

  /** A host that is there now, or whose capacity or other guests are others now. */
  open(capacity: HostCapacity, foreign: Taken): void {
    const known = this.#hosts.get(capacity.name)
    const taken = known?.taken ?? new Map<number, MachineNeed>()
    const used = [...taken.values()]
    this.#hosts.set(capacity.name, {
      capacity,
      foreign,
      away: false,
      taken,
      drained: known?.drained ?? false,
      onProbation: known?.onProbation ?? false,
      vcpus: capacity.vcpus - used.reduce((sum, { vcpus }) => sum + vcpus, 0),
      memoryMiB: capacity.memoryMiB - used.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0),
    })
  }

  /** A host that is not there now: nothing starts on it until it is opened again. */
  close(host: string): void {
    const state = this.#hosts.get(host)
    if (state !== undefined) state.away = true
  }

  #set(state: HostState, slot: number, need: MachineNeed): void {
    state.taken.set(slot, need)
    state.vcpus -= need.vcpus
    state.memoryMiB -= need.memoryMiB
  }

  /** Gives a slot back; a slot that is not taken is ignored. */
  release(host: string, slot: number): void {
    const state = this.#hosts.get(host)
    const need = state?.taken.get(slot)
    if (state === undefined || need === undefined) return
    state.taken.delete(slot)
    state.vcpus += need.vcpus
    state.memoryMiB += need.memoryMiB
  }

  /** No further machine starts there; what runs goes on. */
  drain(host: string): void {
    const state = this.#hosts.get(host)
    if (state === undefined) return
    state.drained = true
    state.onProbation = false
  }

  /** A drained host gets one machine at a time. */
  tryAgain(host: string): void {
    const state = this.#hosts.get(host)
    if (state === undefined) return
    state.drained = false
    state.onProbation = true
  }

  /** It is used as before it was drained. */
  trust(host: string): void {
    const state = this.#hosts.get(host)
    if (state !== undefined) state.onProbation = false
  }

  isOnProbation(host: string): boolean {
    return this.#hosts.get(host)?.onProbation === true
  }

  isDrained(host: string): boolean {
    return this.#hosts.get(host)?.drained ?? true
  }

  /** Whether any host has a free place at all. */
  hasRoom(): boolean {
    return [...this.#hosts.values()].some(
      ({ capacity, taken, drained, away, foreign }) =>
        !drained && !away && taken.size + foreign.machines < capacity.machines,
    )
  }
}
