/**
 * How often each tuple of one family is covered, by whom if by one row only, and which tuples are not covered.
 * Changing one cell costs one step per tuple through that cell; asking what a change would lose costs nothing
 * (`RowNeeds`), and what it would win is found in the list of the uncovered. The bookkeeping follows the idea of
 * FastCA (Lin et al., "Towards more efficient meta-heuristic algorithms for combinatorial test generation", 2019).
 */
import type { RowNeeds } from './row-needs.ts'
import type { TupleIndex } from './tuple-index.ts'

/** A count at or above this is a tuple that need not be covered; real counts stay below. */
export const EXEMPT_COUNT = 0x8000

export abstract class TupleCounts {
  readonly index: TupleIndex
  /** Symbols of the uncovered tuples, `strength` each, in no particular order. */
  uncovered: Int32Array
  /** How many tuples are not covered. */
  left = 0
  protected readonly counts: Uint16Array
  protected readonly rows: Int32Array
  protected readonly width: number
  protected readonly needs: RowNeeds
  /** Sum of the rows that cover a tuple (so with a count of 1: the row); for an uncovered tuple its place in the list. */
  protected readonly holders: Int32Array
  /** The tuple being counted out, for `remember`. */
  protected readonly tuple: Int32Array

  /** Starts with no row counted and an empty list: the caller adds rows that cover all that must be covered. */
  constructor(index: TupleIndex, rows: Int32Array, needs: RowNeeds) {
    this.index = index
    this.rows = rows
    this.width = index.model.levels.length
    this.needs = needs
    this.counts = new Uint16Array(index.size)
    this.holders = new Int32Array(index.size)
    this.tuple = new Int32Array(index.strength)
    this.uncovered = new Int32Array(256 * index.strength)
  }

  /** Counts all tuples of the row in. */
  abstract addRow(row: number): void
  /** Counts all tuples of the row out. */
  abstract removeRow(row: number): void
  /** Writes a symbol into a cell of a counted row. */
  abstract change(row: number, symbol: number): void

  /** The tuple never needs to be covered: an earlier run did that, or no valid row holds it. */
  exempt(number: number): void {
    this.counts[number] = EXEMPT_COUNT
  }

  /** Puts `tuple` on the list of the uncovered. */
  protected remember(number: number): void {
    const place = this.left * this.index.strength
    if (place === this.uncovered.length) {
      const grown = new Int32Array(this.uncovered.length * 2)
      grown.set(this.uncovered)
      this.uncovered = grown
    }
    this.holders[number] = this.left
    this.uncovered.set(this.tuple, place)
    this.left += 1
  }

  /** Takes a tuple off the list of the uncovered; one that was never listed (while the first rows are added) is ignored. */
  protected forget(number: number): void {
    if (this.left === 0) return
    const strength = this.index.strength
    const place = this.holders[number]!
    this.left -= 1
    if (place === this.left) return
    const last = this.left * strength
    this.uncovered.copyWithin(place * strength, last, last + strength)
    this.holders[this.index.number(this.uncovered.subarray(last, last + strength))] = place
  }
}
