import { ONE_ROW, ROW_BITS, TupleCounts } from './tuple-counts.ts'

/** Counts of pairs (strength 2), with the loops written out. */
export class PairCounts extends TupleCounts {
  override addRow(row: number): void {
    this.#each(row, true)
  }

  override removeRow(row: number): void {
    this.#each(row, false)
  }

  override change(row: number, symbol: number): void {
    const { axes, model } = this.index
    const { rows } = this
    const base = this.index.base[0]!
    const axis = model.owner[symbol]!
    const at = row * this.width
    const old = rows[at + axis]!
    if (!axes.includes(axis)) return
    for (const other of axes) {
      if (other === axis) continue
      const held = rows[at + other]!
      if (other < axis) {
        this.#lower(row, base[held]! + old, other, axis)
        this.#raise(row, base[held]! + symbol, other, axis)
      } else {
        this.#lower(row, base[old]! + held, axis, other)
        this.#raise(row, base[symbol]! + held, axis, other)
      }
    }
  }

  #each(row: number, raise: boolean): void {
    const { axes } = this.index
    const base = this.index.base[0]!
    const at = row * this.width
    for (let i = 0; i < axes.length; i += 1) {
      const start = base[this.rows[at + axes[i]!]!]!
      for (let j = i + 1; j < axes.length; j += 1) {
        const number = start + this.rows[at + axes[j]!]!
        if (raise) this.#raise(row, number, axes[i]!, axes[j]!)
        else this.#lower(row, number, axes[i]!, axes[j]!)
      }
    }
  }

  #raise(row: number, number: number, a: number, b: number): void {
    const before = this.held[number]!
    if (before >= ONE_ROW) {
      this.held[number] = (before + ONE_ROW) ^ row
      if (before < 2 * ONE_ROW) this.#need(before & ROW_BITS, a, b, -1)
      return
    }
    this.forget(before)
    this.held[number] = ONE_ROW | row
    this.#need(row, a, b, 1)
  }

  #lower(row: number, number: number, a: number, b: number): void {
    const after = (this.held[number]! - ONE_ROW) ^ row
    this.held[number] = after
    if (after >= 2 * ONE_ROW) return
    if (after >= ONE_ROW) {
      this.#need(after & ROW_BITS, a, b, 1)
      return
    }
    this.#need(row, a, b, -1)
    this.tuple[0] = this.rows[row * this.width + a]!
    this.tuple[1] = this.rows[row * this.width + b]!
    this.remember(number)
  }

  #need(row: number, a: number, b: number, change: number): void {
    const { cells, rows } = this.needs
    const at = row * this.width
    cells[at + a]! += change
    cells[at + b]! += change
    rows[row]! += change
  }
}
