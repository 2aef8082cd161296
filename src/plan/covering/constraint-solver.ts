/**
 * Answers "can this be completed to a row that breaks no constraint?" exactly.
 *
 * Forward checking over forbidden boxes: when a row has entered every side of a box but one, the values of that
 * last side are removed. Forward checking alone is not complete, so an answer is only given after a backtracking
 * search (fewest remaining values first) over each connected component of axes; see Haralick and Elliott,
 * "Increasing tree search efficiency for constraint satisfaction problems" (1980).
 */
import { LimitExceeded } from '../../kit/limit-exceeded.ts'
import type { CoveringModel } from './covering-model.ts'
import { connectedAxes } from './connected-axes.ts'
import { FlatBoxes } from './flat-boxes.ts'

/** Search nodes that one question may take; far beyond what real lab constraints need, so that nothing hangs. */
const NODE_LIMIT = 2_000_000

/** Assign, undo, complete. Symbols are the model's numbering; one value an axis at a time. */
export class ConstraintSolver {
  readonly model: CoveringModel
  /** Symbol assigned to each axis, −1 where none. */
  readonly assigned: Int32Array
  /** Component of each axis; −1 for an axis that no constraint touches. */
  readonly componentOf: Int32Array
  /** Whether any row at all exists. */
  readonly satisfiable: boolean
  readonly #components: readonly (readonly number[])[]
  readonly #watchStart: Int32Array
  readonly #watchList: Int32Array
  readonly #hits: Int32Array
  readonly #sizes: Int32Array
  readonly #boxes: FlatBoxes
  readonly #dead: Int32Array
  readonly #left: Int32Array
  readonly #trail: number[] = []
  readonly #memory = new Map<string | number, boolean>()
  #nodes = 0
  #work = 0

  constructor(model: CoveringModel) {
    this.model = model
    const axes = model.levels.length
    this.assigned = new Int32Array(axes).fill(-1)
    this.#dead = new Int32Array(model.owner.length)
    this.#left = Int32Array.from(model.levels)
    this.#hits = new Int32Array(model.boxes.length)
    this.#sizes = Int32Array.from(model.boxes, (box) => box.sides.length)
    const watched = watchLists(model)
    this.#watchStart = watched.start
    this.#watchList = watched.list
    this.#boxes = new FlatBoxes(model)
    const connected = connectedAxes(model)
    this.componentOf = connected.componentOf
    this.#components = connected.components
    this.satisfiable = this.#applySingleSides() && this.#components.every((_, index) => this.#solvable(index))
  }

  /** Steps (looks at boxes and axes) done since the last call: what the caller charges to its effort. */
  takeWork(): number {
    const work = this.#work
    this.#work = 0
    return work
  }

  /** A point to return to with `undo`. */
  mark(): number {
    return this.#trail.length
  }

  /** Whether the symbol is still possible beside what is assigned (as far as forward checking sees). */
  alive(symbol: number): boolean {
    const held = this.assigned[this.model.owner[symbol]!]!
    return this.#dead[symbol] === 0 && (held === -1 || held === symbol)
  }

  /** Assigns a symbol and removes what it rules out; false is a conflict, to be undone by the caller. */
  assign(symbol: number): boolean {
    const axis = this.model.owner[symbol]!
    if (this.#dead[symbol]! > 0) return false
    if (this.assigned[axis] !== -1) return this.assigned[axis] === symbol
    this.assigned[axis] = symbol
    this.#trail.push(symbol)
    let sound = true
    const end = this.#watchStart[symbol + 1]!
    this.#work += 5 + 2 * (end - this.#watchStart[symbol]!)
    for (let at = this.#watchStart[symbol]!; at < end; at += 1) {
      const box = this.#watchList[at]!
      const hits = ++this.#hits[box]!
      if (hits === this.#sizes[box]) sound = false
      else if (sound && hits === this.#sizes[box]! - 1) sound = this.#closeBox(box)
    }
    return sound
  }

  /** Takes back everything since the mark. */
  undo(mark: number): void {
    while (this.#trail.length > mark) {
      const entry = this.#trail.pop()!
      if (entry < 0) {
        const symbol = ~entry
        if (--this.#dead[symbol]! === 0) this.#left[this.model.owner[symbol]!]! += 1
      } else {
        this.assigned[this.model.owner[entry]!] = -1
        const end = this.#watchStart[entry + 1]!
        for (let at = this.#watchStart[entry]!; at < end; at += 1) this.#hits[this.#watchList[at]!]! -= 1
      }
    }
  }

  /**
   * Completes the component to a valid assignment on top of what is assigned and writes it into `witness`
   * (values that `witness` already holds are tried first). The trail is left as it was. False: impossible.
   */
  complete(component: number, witness: Int32Array): boolean {
    const mark = this.mark()
    this.#nodes = 0
    const found = this.#search(this.#components[component]!, witness)
    if (found) for (const axis of this.#components[component]!) witness[axis] = this.assigned[axis]!
    this.undo(mark)
    return found
  }

  /** Whether some valid row holds all of these symbols (at most one an axis); exact, remembered, leaves no trace. */
  extendable(symbols: readonly number[]): boolean {
    if (!this.satisfiable) return false
    const parts = new Map<number, number[]>()
    for (const symbol of symbols) {
      const component = this.componentOf[this.model.owner[symbol]!]!
      if (component === -1) continue
      const part = parts.get(component)
      if (part === undefined) parts.set(component, [symbol])
      else part.push(symbol)
    }
    for (const [component, part] of parts) if (!this.#partExtendable(component, part)) return false
    return true
  }

  /** Whether any row at all may hold the symbol, as far as single-sided boxes tell. */
  possible(symbol: number): boolean {
    return this.#dead[symbol] === 0
  }

  /** Whether putting `symbol` into an otherwise valid full row keeps it valid. */
  fits(row: Int32Array, start: number, symbol: number): boolean {
    return this.#dead[symbol] === 0 && this.violatedBox(row, start, symbol) === -1
  }

  /** A box that the full row at `start` would lie in with `symbol` written into it, of those that hold the symbol; else −1. */
  violatedBox(row: Int32Array, start: number, symbol: number): number {
    const axis = this.model.owner[symbol]!
    const end = this.#watchStart[symbol + 1]!
    const first = this.#watchStart[symbol]!
    for (let at = first; at < end; at += 1) {
      if (!this.#boxes.hold(this.#watchList[at]!, row, start, axis)) continue
      this.#work += 2 * (at - first)
      return this.#watchList[at]!
    }
    this.#work += 2 * (end - first)
    return -1
  }

  #partExtendable(component: number, part: readonly number[]): boolean {
    const key = keyOf(part, this.model.owner.length)
    const known = this.#memory.get(key)
    if (known !== undefined) return known
    const mark = this.mark()
    this.#nodes = 0
    const found =
      part.every((symbol) => this.assign(symbol)) && this.#search(this.#components[component]!, undefined)
    this.undo(mark)
    if (this.#memory.size < 2_000_000) this.#memory.set(key, found)
    return found
  }

  #applySingleSides(): boolean {
    for (const [index, box] of this.model.boxes.entries()) {
      if (box.sides.length === 0) return false
      if (box.sides.length === 1 && !this.#closeBox(index)) return false
    }
    return true
  }

  #solvable(component: number): boolean {
    return this.complete(component, new Int32Array(this.assigned.length).fill(-1))
  }

  /** All sides but one are entered: what is left of the open side dies. */
  #closeBox(index: number): boolean {
    for (const side of this.model.boxes[index]!.sides) {
      if (this.assigned[side.axis] !== -1) continue
      for (const symbol of side.symbols) {
        this.#trail.push(~symbol)
        if (this.#dead[symbol]!++ === 0) this.#left[side.axis]! -= 1
      }
      return this.#left[side.axis]! > 0
    }
    return true
  }

  #search(axes: readonly number[], preferred: Int32Array | undefined): boolean {
    const axis = this.#tightest(axes)
    this.#work += axes.length
    if (axis === -1) return true
    if (++this.#nodes > NODE_LIMIT) throw tooHard()
    const first = preferred?.[axis] ?? -1
    if (first !== -1 && this.#tries(first, axes, preferred)) return true
    for (let symbol = this.model.offsets[axis]!; symbol < this.model.offsets[axis + 1]!; symbol += 1) {
      if (symbol !== first && this.#tries(symbol, axes, preferred)) return true
    }
    return false
  }

  #tries(symbol: number, axes: readonly number[], preferred: Int32Array | undefined): boolean {
    if (this.#dead[symbol]! > 0) return false
    const mark = this.mark()
    if (this.assign(symbol) && this.#search(axes, preferred)) return true
    this.undo(mark)
    return false
  }

  #tightest(axes: readonly number[]): number {
    let best = -1
    let fewest = Number.POSITIVE_INFINITY
    for (const axis of axes) {
      const left = this.#left[axis]!
      if (this.assigned[axis] !== -1 || left >= fewest) continue
      best = axis
      fewest = left
      if (left <= 1) break
    }
    return best
  }
}

function watchLists(model: CoveringModel): { start: Int32Array; list: Int32Array } {
  const start = new Int32Array(model.owner.length + 1)
  for (const box of model.boxes)
    for (const side of box.sides) for (const symbol of side.symbols) start[symbol + 1]! += 1
  for (let symbol = 0; symbol < model.owner.length; symbol += 1) start[symbol + 1]! += start[symbol]!
  const next = start.slice()
  const list = new Int32Array(start[model.owner.length]!)
  model.boxes.forEach((box, index) => {
    for (const side of box.sides) for (const symbol of side.symbols) list[next[symbol]!++] = index
  })
  return { start, list }
}

/** One key for a set of symbols; a number where it fits, which is several times faster than text. */
function keyOf(part: readonly number[], symbols: number): string | number {
  const sorted = part.toSorted((a, b) => a - b)
  return sorted.length > 3
    ? sorted.join()
    : sorted.reduce((key, symbol) => key * (symbols + 1) + symbol + 1, 0)
}

function tooHard(): LimitExceeded {
  return new LimitExceeded(
    'CONSTRAINTS_TOO_HARD',
    'the constraints are too entangled to be decided',
    'split the matrix, or state the allowed combinations more directly',
  )
}
