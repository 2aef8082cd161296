import { TupleCounts } from './tuple-counts.ts'

/** Counts of triples (strength 3), with the loops written out. */
export class TripleCounts extends TupleCounts {
  override addRow(row: number): void {
    const { axes } = this.index
    for (let j = 1; j < axes.length; j += 1) {
      for (let i = 0; i < j; i += 1) {
        for (let l = j + 1; l < axes.length; l += 1) this.#raise(row, axes[i]!, axes[j]!, axes[l]!)
      }
    }
  }

  override removeRow(row: number): void {
    const { axes } = this.index
    for (let j = 1; j < axes.length; j += 1) {
      for (let i = 0; i < j; i += 1) {
        for (let l = j + 1; l < axes.length; l += 1) this.#lower(row, axes[i]!, axes[j]!, axes[l]!)
      }
    }
  }

  override change(row: number, symbol: number): void {
    const axis = this.index.model.owner[symbol]!
    this.#through(row, axis, false)
    this.rows[row * this.width + axis] = symbol
    this.#through(row, axis, true)
  }

  /** Every triple of the row that holds the axis. */
  #through(row: number, axis: number, raise: boolean): void {
    const { axes } = this.index
    const place = axes.indexOf(axis)
    if (place === -1) return
    for (let j = 0; j < axes.length; j += 1) {
      if (j === place) continue
      const second = axes[j]!
      for (let i = 0; i < j; i += 1) {
        if (i === place) continue
        const first = axes[i]!
        if (place < i) this.#step(row, axis, first, second, raise)
        else if (place < j) this.#step(row, first, axis, second, raise)
        else this.#step(row, first, second, axis, raise)
      }
    }
  }

  #step(row: number, a: number, b: number, c: number, raise: boolean): void {
    if (raise) this.#raise(row, a, b, c)
    else this.#lower(row, a, b, c)
  }

  #number(at: number, a: number, b: number, c: number): number {
    const { rows } = this
    const pair = this.index.base[0]![rows[at + a]!]! + rows[at + b]!
    return this.index.base[1]![pair]! + rows[at + c]!
  }

  #raise(row: number, a: number, b: number, c: number): void {
    const number = this.#number(row * this.width, a, b, c)
    const count = ++this.counts[number]!
    if (count === 1) {
      this.forget(number)
      this.holders[number] = row
      this.#need(row, a, b, c, 1)
    } else {
      if (count === 2) this.#need(this.holders[number]!, a, b, c, -1)
      this.holders[number]! += row
    }
  }

  #lower(row: number, a: number, b: number, c: number): void {
    const at = row * this.width
    const number = this.#number(at, a, b, c)
    const count = --this.counts[number]!
    if (count === 0) {
      this.#need(row, a, b, c, -1)
      this.tuple[0] = this.rows[at + a]!
      this.tuple[1] = this.rows[at + b]!
      this.tuple[2] = this.rows[at + c]!
      this.remember(number)
    } else {
      this.holders[number]! -= row
      if (count === 1) this.#need(this.holders[number]!, a, b, c, 1)
    }
  }

  #need(row: number, a: number, b: number, c: number, change: number): void {
    const { cells, rows } = this.needs
    const at = row * this.width
    cells[at + a]! += change
    cells[at + b]! += change
    cells[at + c]! += change
    rows[row]! += change
  }
}
