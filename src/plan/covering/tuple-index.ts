/**
 * Numbers every t-tuple of symbols on a set of axes, densely and without arithmetic on mixed radices.
 *
 * Symbols ascend with their axes, so a tuple is an ascending list s1 < s2 < … < st. The number of a longer tuple
 * is that of its prefix looked up in a table plus the last symbol: `n(s1..si) = base[i − 2][n(s1..si−1)] + si`.
 */
import { LimitExceeded } from '../../kit/limit-exceeded.ts'
import type { CoveringModel } from './covering-model.ts'

/** More tuples than this do not fit a planner's memory (two bytes of count and four of bookkeeping each). */
const TUPLE_LIMIT = 250_000_000

/** The numbering of one family of tuples: `strength` of the given axes. */
export class TupleIndex {
  readonly model: CoveringModel
  readonly strength: number
  /** Ascending. */
  readonly axes: Int32Array
  /** One more than the largest tuple number (numbers between may be unused). */
  readonly size: number
  /** `base[i]` maps the number of an (i + 1)-tuple to the offset of its extensions. */
  readonly base: readonly Int32Array[]
  readonly #nextSymbol: Int32Array
  readonly #firstAfter: Int32Array

  constructor(model: CoveringModel, axes: readonly number[], strength: number) {
    this.model = model
    this.strength = strength
    this.axes = Int32Array.from(axes).sort()
    const symbols = model.owner.length
    const member = new Uint8Array(symbols)
    for (const axis of axes) member.fill(1, model.offsets[axis], model.offsets[axis + 1])
    this.#nextSymbol = new Int32Array(symbols + 1).fill(symbols)
    for (let symbol = symbols - 1; symbol >= 0; symbol -= 1) {
      this.#nextSymbol[symbol] = member[symbol] === 1 ? symbol : this.#nextSymbol[symbol + 1]!
    }
    this.#firstAfter = Int32Array.from(model.levels, (_, axis) => this.#nextSymbol[model.offsets[axis + 1]!]!)
    const tables = this.#tables(symbols)
    this.base = tables.base
    this.size = tables.size
  }

  /** The number of a tuple given as ascending symbols. */
  number(symbols: ArrayLike<number>): number {
    let at = symbols[0]!
    for (let level = 1; level < this.strength; level += 1) at = this.base[level - 1]![at]! + symbols[level]!
    return at
  }

  /** Sets `cursor` to the first tuple of its length (at most the strength); false if there is none. */
  first(cursor: Int32Array): boolean {
    return this.#fill(cursor, 0, this.#nextSymbol[0]!)
  }

  /** Moves `cursor` to the next tuple in ascending order; false at the end. */
  next(cursor: Int32Array): boolean {
    for (let position = cursor.length - 1; position >= 0; position -= 1) {
      if (this.#fill(cursor, position, this.#nextSymbol[cursor[position]! + 1]!)) return true
    }
    return false
  }

  #tables(symbols: number): { base: Int32Array[]; size: number } {
    const base: Int32Array[] = []
    let size = symbols
    for (let length = 1; length < this.strength; length += 1) {
      const table = new Int32Array(size)
      let running = 0
      const cursor = new Int32Array(length)
      for (let more = this.first(cursor); more; more = this.next(cursor)) {
        let at = cursor[0]!
        for (let level = 1; level < length; level += 1) at = base[level - 1]![at]! + cursor[level]!
        const first = this.#firstAfter[this.model.owner[cursor[length - 1]!]!]!
        table[at] = running - first
        running += symbols - first
        if (running > TUPLE_LIMIT) throw tooMany(this.strength)
      }
      base.push(table)
      size = running
    }
    return { base, size }
  }

  #fill(cursor: Int32Array, position: number, symbol: number): boolean {
    let at = symbol
    for (let level = position; level < cursor.length; level += 1) {
      if (at >= this.model.owner.length) return false
      cursor[level] = at
      at = this.#firstAfter[this.model.owner[at]!]!
    }
    return true
  }
}

function tooMany(strength: number): LimitExceeded {
  return new LimitExceeded(
    'MATRIX_TOO_LARGE',
    `strength ${strength} over these axes has more combinations than fit in memory`,
    'lower the strength, or give it only to the group of axes that needs it (groups)',
  )
}
