/** Builds one row greedily: axis after axis, the value that closes the most open tuples, always extendable to a valid row. */
import type { ConstraintSolver } from './constraint-solver.ts'
import { binomial } from './binomial.ts'
import { tupleCost } from './effort.ts'
import type { Effort } from './effort.ts'
import type { TupleStatus } from './tuple-status.ts'

/** A row and how many open tuples it would close. */
export interface BuiltRow {
  readonly row: Int32Array
  readonly gain: number
}

interface HeldAxes {
  readonly family: TupleStatus
  readonly axes: Int32Array
  held: number
}

export class RowBuilder {
  readonly #solver: ConstraintSolver
  readonly #families: readonly TupleStatus[]
  readonly #weights: Float64Array
  readonly #random: () => number
  readonly #effort: Effort
  readonly #witness: Int32Array
  readonly #gains: Int32Array

  /** `weights`: preference of each symbol among equally good ones. */
  constructor(
    solver: ConstraintSolver,
    families: readonly TupleStatus[],
    weights: Float64Array,
    random: () => number,
    effort: Effort,
  ) {
    this.#solver = solver
    this.#families = families
    this.#weights = weights
    this.#random = random
    this.#effort = effort
    this.#witness = new Int32Array(solver.model.levels.length).fill(-1)
    this.#gains = new Int32Array(Math.max(...solver.model.levels))
    const components = Math.max(-1, ...solver.componentOf) + 1
    for (let component = 0; component < components; component += 1) solver.complete(component, this.#witness)
  }

  /** Completes the cells given in `fixed` (−1: free), which must be extendable; undefined if they are not. */
  build(fixed: Int32Array, first: ArrayLike<number>): BuiltRow | undefined {
    const row = new Int32Array(fixed.length).fill(-1)
    const held = this.#families.map((family) => ({
      family,
      axes: new Int32Array(family.index.axes.length),
      held: 0,
    }))
    const mark = this.#solver.mark()
    let sound = true
    for (const symbol of fixed) if (symbol !== -1) sound = sound && this.#commit(row, held, symbol)
    for (let at = 0; sound && at < first.length; at += 1) sound = this.#commit(row, held, first[at]!)
    let gain = 0
    if (sound) for (const axis of this.#order(row)) gain += this.#fillAxis(row, held, axis)
    this.#solver.undo(mark)
    return sound ? { row, gain } : undefined
  }

  /**
   * The open axes, those of many values first (their tuples decide how many rows it takes, the others fit in), shuffled
   * where they have as many. In an empty row the one whose symbol has most left to close leads its likes.
   */
  #order(row: Int32Array): number[] {
    const { levels } = this.#solver.model
    const open = [...row.keys()].filter((axis) => row[axis] === -1)
    for (let at = open.length - 1; at > 0; at -= 1) {
      const other = Math.floor(this.#random() * (at + 1))
      const held = open[at]!
      open[at] = open[other]!
      open[other] = held
    }
    open.sort((a, b) => levels[b]! - levels[a]!)
    if (open.length < row.length) return open
    let best = 0
    for (let at = 1; at < open.length && levels[open[at]!] === levels[open[0]!]; at += 1) {
      if (this.#mostLeft(open[at]!) > this.#mostLeft(open[best]!)) best = at
    }
    const front = open[best]!
    open[best] = open[0]!
    open[0] = front
    return open
  }

  #mostLeft(axis: number): number {
    const { offsets } = this.#solver.model
    let most = 0
    for (let symbol = offsets[axis]!; symbol < offsets[axis + 1]!; symbol += 1)
      most = Math.max(most, this.#leftOf(symbol))
    return most
  }

  #leftOf(symbol: number): number {
    let left = 0
    for (const family of this.#families) left += family.leftOf[symbol]!
    return left
  }

  #fillAxis(row: Int32Array, held: readonly HeldAxes[], axis: number): number {
    const { levels, offsets } = this.#solver.model
    const count = levels[axis]!
    const gains = this.#gains.fill(0, 0, count)
    for (const { family, axes, held: filled } of held) {
      if (!family.index.axes.includes(axis)) continue
      family.addGains(row, axes, filled, axis, gains)
      const { strength, size } = family.index
      this.#effort.spend(count * tupleCost(size) * binomial(filled, strength - 1) + 20)
    }
    const first = offsets[axis]!
    const ranked = Array.from({ length: count }, (_, value) => ({
      symbol: first + value,
      gain: gains[value]!,
      left: this.#leftOf(first + value),
      weight: this.#weights[first + value]!,
      lot: this.#random(),
    })).sort((a, b) => b.gain - a.gain || b.left - a.left || b.weight - a.weight || a.lot - b.lot)
    for (const { symbol, gain } of ranked) if (this.#commit(row, held, symbol)) return gain
    throw new Error(`axis ${axis} has no value left although the row was extendable`)
  }

  /** Puts the symbol in if the row stays extendable. */
  #commit(row: Int32Array, held: readonly HeldAxes[], symbol: number): boolean {
    const { owner } = this.#solver.model
    const axis = owner[symbol]!
    if (row[axis] !== -1) return row[axis] === symbol
    const component = this.#solver.componentOf[axis]!
    if (component !== -1) {
      const mark = this.#solver.mark()
      const possible =
        this.#solver.assign(symbol) &&
        (this.#witness[axis] === symbol || this.#solver.complete(component, this.#witness))
      this.#effort.spend(20 + this.#solver.takeWork())
      if (!possible) {
        this.#solver.undo(mark)
        return false
      }
    }
    row[axis] = symbol
    for (const family of held) insertAxis(family, axis)
    return true
  }
}

function insertAxis(family: HeldAxes, axis: number): void {
  if (!family.family.index.axes.includes(axis)) return
  let at = family.held
  while (at > 0 && family.axes[at - 1]! > axis) {
    family.axes[at] = family.axes[at - 1]!
    at -= 1
  }
  family.axes[at] = axis
  family.held += 1
}
