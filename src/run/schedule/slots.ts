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

interface HostState {
  readonly capacity: HostCapacity
  vcpus: number
  memoryMiB: number
  readonly taken: Map<number, MachineNeed>
  drained: boolean
}

export class Slots {
  readonly #hosts = new Map<string, HostState>()

  constructor(hosts: readonly HostCapacity[]) {
    for (const capacity of hosts)
      this.#hosts.set(capacity.name, {
        capacity,
        vcpus: capacity.vcpus,
        memoryMiB: capacity.memoryMiB,
        taken: new Map(),
        drained: false,
      })
  }

  /** Whether some host that is not drained could take such a machine when empty. */
  possible(provider: string, need: MachineNeed): boolean {
    return this.#candidates(provider, need).length > 0
  }

  /** Where such a machine goes now: not to a host of `avoid` when another could ever take it, best to `beside`, else to the emptiest. */
  choose(
    provider: string,
    need: MachineNeed,
    avoid: ReadonlySet<string>,
    beside: string | undefined,
  ): string | undefined {
    const possible = this.#candidates(provider, need)
    const others = possible.filter(({ capacity }) => !avoid.has(capacity.name))
    let best: HostState | undefined
    for (const state of others.length > 0 ? others : possible) {
      if (!this.fits(state.capacity.name, need)) continue
      if (state.capacity.name === beside) return beside
      if (best === undefined || state.memoryMiB > best.memoryMiB) best = state
    }
    return best?.capacity.name
  }

  #candidates(provider: string, need: MachineNeed): readonly HostState[] {
    return [...this.#hosts.values()].filter(
      ({ capacity, drained }) =>
        !drained &&
        capacity.provider === provider &&
        capacity.machines > 0 &&
        capacity.vcpus >= need.vcpus &&
        capacity.memoryMiB >= need.memoryMiB,
    )
  }

  fits(host: string, need: MachineNeed): boolean {
    const state = this.#hosts.get(host)
    return (
      state !== undefined &&
      !state.drained &&
      state.taken.size < state.capacity.machines &&
      state.vcpus >= need.vcpus &&
      state.memoryMiB >= need.memoryMiB
    )
  }

  /** The lowest free slot number of a host on which it fits; undefined when it does not. */
  take(host: string, need: MachineNeed): number | undefined {
    const state = this.#hosts.get(host)
    if (state === undefined || !this.fits(host, need)) return undefined
    let slot = 0
    while (state.taken.has(slot)) slot += 1
    state.taken.set(slot, need)
    state.vcpus -= need.vcpus
    state.memoryMiB -= need.memoryMiB
    return slot
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
    if (state !== undefined) state.drained = true
  }

  isDrained(host: string): boolean {
    return this.#hosts.get(host)?.drained ?? true
  }

  /** Whether any host has a free place at all. */
  hasRoom(): boolean {
    return [...this.#hosts.values()].some(
      ({ capacity, taken, drained }) => !drained && taken.size < capacity.machines,
    )
  }
}
