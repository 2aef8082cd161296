/** Who may start what: a host's share is never lent twice, and runs share the hosts by priority and then evenly. Pure. */

export interface Share {
  readonly vcpus: number
  readonly memoryMiB: number
}

export interface HostRoom extends Share {
  readonly machines: number
}

/** What leases take of a host together. */
export interface Taken extends Share {
  readonly machines: number
}

/** Whether one more machine fits beside what is taken. */
export function fitsBeside(room: HostRoom, taken: Taken, need: Share): boolean {
  return (
    taken.machines + 1 <= room.machines &&
    taken.vcpus + need.vcpus <= room.vcpus &&
    taken.memoryMiB + need.memoryMiB <= room.memoryMiB
  )
}

/** One run that is worked on. */
export interface Contender {
  readonly run: string
  /** The larger goes first. */
  readonly priority: number
  /** Attempts that wait for a place, of which at least one could be on the host that is asked for. */
  readonly waiting: number
  /** Leases that it has. */
  readonly held: number
}

/**
 * Whether a run may start another attempt now. One with a higher priority and something waiting goes first; of equals the run that
 * holds the fewest. Where all that wait are equal the first by name goes, so that somebody always may.
 */
export function mayStart(me: Contender, others: readonly Contender[]): boolean {
  return others.every((other) => {
    if (other.run === me.run || other.waiting === 0) return true
    if (other.priority !== me.priority) return other.priority < me.priority
    // One more than another that waits is even: the next place is the other's.
    return me.held <= other.held
  })
}
