import { TupleCounts } from './tuple-counts.ts'

/** Counts of pairs (strength 2), with the loops written out. */
export class PairCounts extends TupleCounts {
  override addRow(row: number): void {
    const { axes } = this.index
    for (let j = 1; j < axes.length; j += 1) {
      for (let i = 0; i < j; i += 1) this.#raise(row, axes[i]!, axes[j]!)
    }
  }

  override removeRow(row: number): void {
    const { axes } = this.index
    for (let j = 1; j < axes.length; j += 1) {
      for (let i = 0; i < j; i += 1) this.#lower(row, axes[i]!, axes[j]!)
    }
  }

  override change(row: number, symbol: number): void {
    const { axes, model } = this.index
    const axis = model.owner[symbol]!
    for (const other of axes) {
      if (other < axis) this.#lower(row, other, axis)
      else if (other > axis) this.#lower(row, axis, other)
    }
    this.rows[row * this.width + axis] = symbol
    for (const other of axes) {
      if (other < axis) this.#raise(row, other, axis)
      else if (other > axis) this.#raise(row, axis, other)
    }
  }

  #raise(row: number, a: number, b: number): void {
    const at = row * this.width
    const number = this.index.base[0]![this.rows[at + a]!]! + this.rows[at + b]!
    const count = ++this.counts[number]!
    if (count === 1) {
      this.forget(number)
      this.holders[number] = row
      this.#need(row, a, b, 1)
    } else {
      if (count === 2) this.#need(this.holders[number]!, a, b, -1)
      this.holders[number]! += row
    }
  }

  #lower(row: number, a: number, b: number): void {
    const at = row * this.width
    const number = this.index.base[0]![this.rows[at + a]!]! + this.rows[at + b]!
    const count = --this.counts[number]!
    if (count === 0) {
      this.#need(row, a, b, -1)
      this.tuple[0] = this.rows[at + a]!
      this.tuple[1] = this.rows[at + b]!
      this.remember(number)
    } else {
      this.holders[number]! -= row
      if (count === 1) this.#need(this.holders[number]!, a, b, 1)
    }
  }

  #need(row: number, a: number, b: number, change: number): void {
    const { cells, rows } = this.needs
    cells[row * this.width + a]! += change
    cells[row * this.width + b]! += change
    rows[row]! += change
  }
}
