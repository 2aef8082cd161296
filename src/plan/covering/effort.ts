/**
 * The planner's budget, in steps instead of seconds: the same inputs, seed and effort give the same plan on a slow
 * machine and on a fast one. A step is about one look at one tuple.
 */

/** Steps that the reference machine (one core of a 2.5 GHz server, Node 24) does in a second, measured by the benches. */
export const STEPS_PER_SECOND = 120_000_000

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
