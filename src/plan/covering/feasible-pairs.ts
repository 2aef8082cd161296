import type { ConstraintSolver } from './constraint-solver.ts'

/** Decides for every pair of symbols whether some valid row holds both; each row that is found decides many pairs at once. */
export class FeasiblePairs {
  readonly #symbols: number
  /** 1: some valid row holds both symbols. */
  readonly #feasible: Uint8Array

  constructor(solver: ConstraintSolver, random: () => number) {
    const { owner } = solver.model
    this.#symbols = owner.length
    this.#feasible = new Uint8Array(owner.length * owner.length)
    const single = Uint8Array.from(owner, (_, symbol) => (solver.extendable([symbol]) ? 1 : 0))
    for (let a = 0; a < owner.length; a += 1) {
      for (let b = a; b < owner.length; b += 1) {
        if (single[a] === 0 || single[b] === 0 || (a !== b && owner[a] === owner[b])) continue
        const component = solver.componentOf[owner[a]!]!
        const independent = component === -1 || component !== solver.componentOf[owner[b]!] || a === b
        if (independent) this.#allow(a, b)
        else if (!this.holds(a, b)) this.#search(solver, component, a, b, random)
      }
    }
  }

  /** Whether some valid row holds both symbols; a symbol with itself: whether any valid row holds it. */
  holds(a: number, b: number): boolean {
    return this.#feasible[a * this.#symbols + b] === 1
  }

  /** Whether all pairs inside the tuple are feasible: necessary for the tuple, not sufficient. */
  holdsAll(symbols: ArrayLike<number>): boolean {
    for (let j = 0; j < symbols.length; j += 1) {
      for (let i = 0; i <= j; i += 1) if (!this.holds(symbols[i]!, symbols[j]!)) return false
    }
    return true
  }

  #allow(a: number, b: number): void {
    this.#feasible[a * this.#symbols + b] = 1
    this.#feasible[b * this.#symbols + a] = 1
  }

  #search(solver: ConstraintSolver, component: number, a: number, b: number, random: () => number): void {
    const { levels, offsets } = solver.model
    // A random wish for every axis makes the witnesses differ, so that few of them decide all feasible pairs.
    const witness = Int32Array.from(levels, (count, axis) => offsets[axis]! + Math.floor(random() * count))
    const mark = solver.mark()
    const found = solver.assign(a) && solver.assign(b) && solver.complete(component, witness)
    solver.undo(mark)
    if (!found) return
    const held: number[] = []
    for (let axis = 0; axis < levels.length; axis += 1) {
      if (solver.componentOf[axis] === component) held.push(witness[axis]!)
    }
    for (const one of held) for (const other of held) this.#allow(one, other)
  }
}
