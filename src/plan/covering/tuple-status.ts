/** Which tuples of one family still have to be covered while an array is being built, and which never can be. */
import type { TupleIndex } from './tuple-index.ts'

/** What is known about one tuple. */
export const OPEN = 0
export const COVERED = 1
/** Covered before this array began (an earlier run): needs no row here. */
export const EARLIER = 2
/** No valid row holds it. */
export const INFEASIBLE = 3

export class TupleStatus {
  readonly index: TupleIndex
  readonly states: Uint8Array
  /** Open tuples. */
  left: number
  /** Open tuples that hold each symbol. */
  readonly leftOf: Int32Array
  readonly #sorted: Int32Array
  readonly #cursor: Int32Array
  #exhausted: boolean

  constructor(index: TupleIndex) {
    this.index = index
    this.states = new Uint8Array(index.size)
    this.leftOf = new Int32Array(index.model.owner.length)
    this.left = 0
    this.#sorted = new Int32Array(index.axes.length)
    this.#cursor = new Int32Array(index.strength)
    const cursor = new Int32Array(index.strength)
    for (let more = index.first(cursor); more; more = index.next(cursor)) {
      this.left += 1
      for (const symbol of cursor) this.leftOf[symbol]! += 1
    }
    this.#exhausted = !index.first(this.#cursor)
  }

  /** Closes one open tuple for the reason given. */
  close(symbols: ArrayLike<number>, state: number): void {
    this.#close(this.index.number(symbols), symbols, state)
  }

  /** Closes every tuple that the row holds (cells of −1 are holes) and says how many were open. */
  closeRow(row: Int32Array, state: number): number {
    const before = this.left
    let held = 0
    for (const axis of this.index.axes) if (row[axis] !== -1) this.#sorted[held++] = axis
    if (this.index.strength === 2) this.#closePairs(row, held, state)
    else if (this.index.strength === 3) this.#closeTriples(row, held, state)
    else this.#closeFrom(row, held, state, 0, 0, 0, new Int32Array(this.index.strength))
    return before - this.left
  }

  /**
   * Adds to `gains[i]` the open tuples that value i of `axis` would close in a row whose `held` axes (ascending in
   * `axes`) are already filled.
   */
  addGains(row: Int32Array, axes: Int32Array, held: number, axis: number, gains: Int32Array): void {
    const { offsets, levels } = this.index.model
    const first = offsets[axis]!
    if (this.index.strength === 2) this.#pairGains(row, axes, held, axis, gains)
    else if (this.index.strength === 3) this.#tripleGains(row, axes, held, axis, gains)
    else {
      for (let value = 0; value < levels[axis]!; value += 1) {
        row[axis] = first + value
        gains[value]! += this.#wideGains(row, axes, held, axis, 0, 0, 0, false)
      }
      row[axis] = -1
    }
  }

  /** The next open tuple in ascending order, or undefined when none is left; valid until the next call. */
  nextOpen(): Int32Array | undefined {
    while (!this.#exhausted) {
      if (this.states[this.index.number(this.#cursor)] === OPEN) return this.#cursor
      this.#exhausted = !this.index.next(this.#cursor)
    }
    return undefined
  }

  #close(number: number, symbols: ArrayLike<number>, state: number): void {
    if (this.states[number] !== OPEN) return
    this.states[number] = state
    this.left -= 1
    for (let level = 0; level < this.index.strength; level += 1) this.leftOf[symbols[level]!]! -= 1
  }

  #closePairs(row: Int32Array, held: number, state: number): void {
    const base = this.index.base[0]!
    const tuple = new Int32Array(2)
    for (let i = 0; i < held; i += 1) {
      const start = base[(tuple[0] = row[this.#sorted[i]!]!)]!
      for (let j = i + 1; j < held; j += 1) {
        const number = start + (tuple[1] = row[this.#sorted[j]!]!)
        if (this.states[number] === OPEN) this.#close(number, tuple, state)
      }
    }
  }

  #closeTriples(row: Int32Array, held: number, state: number): void {
    const [pairBase, base] = this.index.base as [Int32Array, Int32Array]
    const tuple = new Int32Array(3)
    for (let i = 0; i < held; i += 1) {
      const start = pairBase[(tuple[0] = row[this.#sorted[i]!]!)]!
      for (let j = i + 1; j < held; j += 1) {
        const from = base[start + (tuple[1] = row[this.#sorted[j]!]!)]!
        for (let l = j + 1; l < held; l += 1) {
          const number = from + (tuple[2] = row[this.#sorted[l]!]!)
          if (this.states[number] === OPEN) this.#close(number, tuple, state)
        }
      }
    }
  }

  #closeFrom(
    row: Int32Array,
    held: number,
    state: number,
    from: number,
    depth: number,
    number: number,
    tuple: Int32Array,
  ): void {
    const { strength, base } = this.index
    if (depth === strength) {
      this.#close(number, tuple, state)
      return
    }
    for (let place = from; place <= held - (strength - depth); place += 1) {
      const symbol = row[this.#sorted[place]!]!
      tuple[depth] = symbol
      this.#closeFrom(
        row,
        held,
        state,
        place + 1,
        depth + 1,
        depth === 0 ? symbol : base[depth - 1]![number]! + symbol,
        tuple,
      )
    }
  }

  #pairGains(row: Int32Array, axes: Int32Array, held: number, axis: number, gains: Int32Array): void {
    const base = this.index.base[0]!
    const { offsets, levels } = this.index.model
    const first = offsets[axis]!
    const count = levels[axis]!
    for (let place = 0; place < held; place += 1) {
      const other = axes[place]!
      const symbol = row[other]!
      if (other < axis) {
        const at = base[symbol]! + first
        for (let value = 0; value < count; value += 1)
          if (this.states[at + value] === OPEN) gains[value]! += 1
      } else {
        for (let value = 0; value < count; value += 1) {
          if (this.states[base[first + value]! + symbol] === OPEN) gains[value]! += 1
        }
      }
    }
  }

  #tripleGains(row: Int32Array, axes: Int32Array, held: number, axis: number, gains: Int32Array): void {
    const pairBase = this.index.base[0]!
    const base = this.index.base[1]!
    const { states } = this
    const { offsets, levels } = this.index.model
    const first = offsets[axis]!
    const count = levels[axis]!
    for (let j = 1; j < held; j += 1) {
      const later = row[axes[j]!]!
      for (let i = 0; i < j; i += 1) {
        const earlier = row[axes[i]!]!
        if (axes[j]! < axis) {
          const at = base[pairBase[earlier]! + later]! + first
          for (let value = 0; value < count; value += 1) if (states[at + value] === OPEN) gains[value]! += 1
        } else if (axes[i]! < axis) {
          const at = pairBase[earlier]! + first
          for (let value = 0; value < count; value += 1)
            if (states[base[at + value]! + later] === OPEN) gains[value]! += 1
        } else {
          for (let value = 0; value < count; value += 1) {
            if (states[base[pairBase[first + value]! + earlier]! + later] === OPEN) gains[value]! += 1
          }
        }
      }
    }
  }

  #wideGains(
    row: Int32Array,
    axes: Int32Array,
    held: number,
    axis: number,
    from: number,
    depth: number,
    number: number,
    met: boolean,
  ): number {
    const { strength, base } = this.index
    if (depth === strength) return this.states[number] === OPEN ? 1 : 0
    let sum = 0
    const extend = (symbol: number): number => (depth === 0 ? symbol : base[depth - 1]![number]! + symbol)
    for (let place = from; place <= held; place += 1) {
      const other = place < held ? axes[place]! : Number.POSITIVE_INFINITY
      if (!met && other > axis) {
        sum += this.#wideGains(row, axes, held, axis, place, depth + 1, extend(row[axis]!), true)
        break
      }
      if (place < held && (met || depth < strength - 1)) {
        sum += this.#wideGains(row, axes, held, axis, place + 1, depth + 1, extend(row[other]!), met)
      }
    }
    return sum
  }
}
