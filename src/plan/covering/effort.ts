/**
 * The planner's budget, in steps instead of seconds: the same inputs, seed and effort give the same plan on a slow
 * machine and on a fast one. A step is about one look at one tuple.
 */

/** Steps that the reference machine (one core of a 2.5 GHz server, Node 24) does in a second, measured by the benches. */
export const STEPS_PER_SECOND = 140_000_000

/** Tables beyond this do not stay in a core's cache, so that a look at one of their tuples waits for memory. */
const CACHED_TUPLES = 300_000

/** Steps that counting one tuple in or out is worth, by the number of tuples that are kept. */
export function tupleCost(tuples: number): number {
  return 0.5 + Math.min(1, tuples / CACHED_TUPLES)
}

/** Counts down from the seconds of effort that the caller grants. */
export class Effort {
  #left: number

  /** `seconds` are seconds of the reference machine. */
  constructor(seconds: number) {
    this.#left = seconds * STEPS_PER_SECOND
  }

  get left(): number {
    return this.#left
  }

  /** A budget of its own of a share of what is left, taken from this one. */
  part(share: number): Effort {
    const part = new Effort((share * Math.max(0, this.#left)) / STEPS_PER_SECOND)
    this.#left -= part.left
    return part
  }

  spend(steps: number): void {
    this.#left -= steps
  }
}
