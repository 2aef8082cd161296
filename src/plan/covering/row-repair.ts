/** Finds what else must change in a valid row when some symbols are written into it. */
import type { ConstraintSolver } from './constraint-solver.ts'

/** Cells that a repair may change by itself before the solver is asked; longer chains are rarely worth their loss. */
const CHAIN_LIMIT = 6

export class RowRepair {
  readonly #solver: ConstraintSolver
  readonly #random: () => number
  readonly #row: Int32Array
  readonly #fixed: Uint8Array

  constructor(solver: ConstraintSolver, random: () => number) {
    this.#solver = solver
    this.#random = random
    this.#row = new Int32Array(solver.model.levels.length)
    this.#fixed = new Uint8Array(solver.model.levels.length)
  }

  /**
   * The symbols to write so that the row holds `wanted` and is valid, `wanted` included; undefined if it cannot be.
   * Cells whose `locked` is true stay. `cost` is what changing a cell loses; cheap changes are preferred.
   */
  changes(
    row: Int32Array,
    wanted: ArrayLike<number>,
    locked: (axis: number) => boolean,
    cost: (axis: number) => number,
  ): number[] | undefined {
    const { owner } = this.#solver.model
    this.#row.set(row)
    this.#fixed.fill(0)
    const changed: number[] = []
    for (let at = 0; at < wanted.length; at += 1) {
      const axis = owner[wanted[at]!]!
      this.#fixed[axis] = 1
      if (row[axis] === wanted[at]) continue
      if (locked(axis)) return undefined
      this.#row[axis] = wanted[at]!
      changed.push(axis)
    }
    if (!this.#fix(changed, locked, cost)) return this.#solved(row, wanted, locked)
    return changed.map((axis) => this.#row[axis]!)
  }

  /** Leaves one violated box after the other by its cheapest way out. */
  #fix(changed: number[], locked: (axis: number) => boolean, cost: (axis: number) => number): boolean {
    for (let step = 0; step <= CHAIN_LIMIT; step += 1) {
      const box = this.#violated(changed)
      if (box === -1) return true
      const exit = this.#exit(box, locked, cost)
      if (exit === -1) return false
      const axis = this.#solver.model.owner[exit]!
      this.#row[axis] = exit
      this.#fixed[axis] = 1
      changed.push(axis)
    }
    return false
  }

  #violated(changed: readonly number[]): number {
    for (const axis of changed) {
      const box = this.#solver.violatedBox(this.#row, 0, this.#row[axis]!)
      if (box !== -1) return box
    }
    return -1
  }

  /** The symbol outside the box, on one of its axes, that costs least and violates nothing else; −1 if there is none. */
  #exit(box: number, locked: (axis: number) => boolean, cost: (axis: number) => number): number {
    const { boxes, offsets } = this.#solver.model
    let best = -1
    let lowest = Number.POSITIVE_INFINITY
    for (const side of boxes[box]!.sides) {
      if (this.#fixed[side.axis] === 1 || locked(side.axis)) continue
      const price = cost(side.axis)
      for (let symbol = offsets[side.axis]!; symbol < offsets[side.axis + 1]!; symbol += 1) {
        if (side.symbols.includes(symbol) || !this.#solver.possible(symbol)) continue
        const clash = this.#solver.violatedBox(this.#row, 0, symbol) === -1 ? 0 : 1000
        const score = price + clash + this.#random()
        if (score >= lowest) continue
        lowest = score
        best = symbol
      }
    }
    return best
  }

  /** The solver's way: complete, but with less regard for what is lost. */
  #solved(
    row: Int32Array,
    wanted: ArrayLike<number>,
    locked: (axis: number) => boolean,
  ): number[] | undefined {
    const solver = this.#solver
    const { owner } = solver.model
    const wish = row.slice()
    const mark = solver.mark()
    let sound = true
    const components = new Set<number>()
    for (let at = 0; at < wanted.length; at += 1) {
      const axis = owner[wanted[at]!]!
      wish[axis] = wanted[at]!
      sound &&= solver.assign(wanted[at]!)
      if (solver.componentOf[axis] !== -1) components.add(solver.componentOf[axis]!)
    }
    row.forEach((symbol, axis) => {
      if (sound && locked(axis) && components.has(solver.componentOf[axis]!)) sound = solver.assign(symbol)
    })
    for (const component of components) sound = sound && solver.complete(component, wish)
    solver.undo(mark)
    return sound ? [...wish].filter((symbol, axis) => symbol !== row[axis]) : undefined
  }
}
