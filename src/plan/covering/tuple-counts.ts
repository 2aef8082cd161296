/**
 * How often each tuple of one family is covered, by whom if by one row only, and which tuples are not covered.
 * Changing one cell costs one step per tuple through that cell; asking what a change would lose costs nothing
 * (`RowNeeds`), and what it would win is found in the list of the uncovered. The bookkeeping follows the idea of
 * FastCA (Lin et al., "Towards more efficient meta-heuristic algorithms for combinatorial test generation", 2019).
 */
import { binomial } from './binomial.ts'
import { tupleCost } from './effort.ts'
import type { RowNeeds } from './row-needs.ts'
import type { TupleIndex } from './tuple-index.ts'

/** One more row that covers a tuple. The bits below hold the exclusive or of the rows that do: of one row, that row. */
export const ONE_ROW = 0x1_0000
export const ROW_BITS = ONE_ROW - 1
/** Set on a tuple that need not be covered, so that it never looks uncovered nor carried by one row. */
const EXEMPT = 0x4000_0000

/** Rows that can be told apart and counted. */
export const MOST_COUNTED_ROWS = EXEMPT / ONE_ROW - 1

export abstract class TupleCounts {
  readonly index: TupleIndex
  /** Symbols of the uncovered tuples, `strength` each, in no particular order. */
  uncovered: Int32Array
  /** How many tuples are not covered. */
  left = 0
  /** By tuple number: count and rows as above; below zero: the complement of the place in the list of the uncovered. */
  protected readonly held: Int32Array
  protected readonly rows: Int32Array
  protected readonly width: number
  protected readonly needs: RowNeeds
  /** The tuple being counted out, for `remember`. */
  protected readonly tuple: Int32Array
  /** Steps for one tuple counted in or out. */
  readonly #cost: number
  /** Numbers of the uncovered tuples. */
  #numbers: Int32Array

  /** Starts with no row counted and an empty list: the caller adds rows that cover all that must be covered. */
  constructor(index: TupleIndex, rows: Int32Array, needs: RowNeeds) {
    this.index = index
    this.rows = rows
    this.width = index.model.levels.length
    this.needs = needs
    this.held = new Int32Array(index.size)
    this.tuple = new Int32Array(index.strength)
    this.uncovered = new Int32Array(256 * index.strength)
    this.#numbers = new Int32Array(256)
    this.#cost = tupleCost(index.size)
  }

  /** Steps that counting a whole row in or out is worth. */
  get rowSteps(): number {
    return this.#cost * binomial(this.index.axes.length, this.index.strength)
  }

  /** Steps that changing a cell of an axis of this family is worth. */
  get changeSteps(): number {
    return 2 * this.#cost * binomial(this.index.axes.length - 1, this.index.strength - 1)
  }

  /** Counts all tuples of the row in. */
  abstract addRow(row: number): void
  /** Counts all tuples of the row out. */
  abstract removeRow(row: number): void
  /** Counts what a symbol to be written into a cell of a counted row changes; the caller writes it when all families know. */
  abstract change(row: number, symbol: number): void

  /** The tuple never needs to be covered: an earlier run did that, or no valid row holds it. */
  exempt(number: number): void {
    this.held[number] = EXEMPT
  }

  /** Puts `tuple` on the list of the uncovered. */
  protected remember(number: number): void {
    const { strength } = this.index
    if (this.left === this.#numbers.length) {
      this.uncovered = grown(this.uncovered)
      this.#numbers = grown(this.#numbers)
    }
    this.held[number] = ~this.left
    this.#numbers[this.left] = number
    const place = this.left * strength
    for (let at = 0; at < strength; at += 1) this.uncovered[place + at] = this.tuple[at]!
    this.left += 1
  }

  /** Takes a tuple off the list of the uncovered, given what was held of it; a tuple that was never listed is ignored. */
  protected forget(held: number): void {
    if (held >= 0) return
    const { strength } = this.index
    const place = ~held
    this.left -= 1
    if (place === this.left) return
    const number = this.#numbers[this.left]!
    this.#numbers[place] = number
    this.held[number] = held
    this.uncovered.copyWithin(place * strength, this.left * strength, (this.left + 1) * strength)
  }
}

function grown(list: Int32Array): Int32Array {
  const longer = new Int32Array(list.length * 2)
  longer.set(list)
  return longer
}
