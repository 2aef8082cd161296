import { ONE_ROW, ROW_BITS, TupleCounts } from './tuple-counts.ts'

/** Counts of triples (strength 3), with the loops written out. */
export class TripleCounts extends TupleCounts {
  override addRow(row: number): void {
    this.#each(row, true)
  }

  override removeRow(row: number): void {
    this.#each(row, false)
  }

  override change(row: number, symbol: number): void {
    const { axes, model } = this.index
    const axis = model.owner[symbol]!
    const place = axes.indexOf(axis)
    if (place === -1) return
    const old = this.rows[row * this.width + axis]!
    this.#swapBefore(row, place, old, symbol)
    this.#swapAfter(row, place, old, symbol)
  }

  /** Triples with at least one axis before the changed one; their symbols ascend with their axes. */
  #swapBefore(row: number, place: number, old: number, symbol: number): void {
    const { axes } = this.index
    const [pairBase, base] = this.index.base as [Int32Array, Int32Array]
    const at = row * this.width
    const axis = axes[place]!
    for (let i = 0; i < place; i += 1) {
      const start = pairBase[this.rows[at + axes[i]!]!]!
      for (let j = i + 1; j < place; j += 1) {
        const from = base[start + this.rows[at + axes[j]!]!]!
        this.#lower(row, from + old, axes[i]!, axes[j]!, axis)
        this.#raise(row, from + symbol, axes[i]!, axes[j]!, axis)
      }
      const fromOld = base[start + old]!
      const fromNew = base[start + symbol]!
      for (let j = place + 1; j < axes.length; j += 1) {
        const last = this.rows[at + axes[j]!]!
        this.#lower(row, fromOld + last, axes[i]!, axis, axes[j]!)
        this.#raise(row, fromNew + last, axes[i]!, axis, axes[j]!)
      }
    }
  }

  #swapAfter(row: number, place: number, old: number, symbol: number): void {
    const { axes } = this.index
    const [pairBase, base] = this.index.base as [Int32Array, Int32Array]
    const at = row * this.width
    const axis = axes[place]!
    for (let i = place + 1; i < axes.length; i += 1) {
      const middle = this.rows[at + axes[i]!]!
      const fromOld = base[pairBase[old]! + middle]!
      const fromNew = base[pairBase[symbol]! + middle]!
      for (let j = i + 1; j < axes.length; j += 1) {
        const last = this.rows[at + axes[j]!]!
        this.#lower(row, fromOld + last, axis, axes[i]!, axes[j]!)
        this.#raise(row, fromNew + last, axis, axes[i]!, axes[j]!)
      }
    }
  }

  #each(row: number, raise: boolean): void {
    const { axes } = this.index
    const [pairBase, base] = this.index.base as [Int32Array, Int32Array]
    const at = row * this.width
    for (let i = 0; i < axes.length; i += 1) {
      const start = pairBase[this.rows[at + axes[i]!]!]!
      for (let j = i + 1; j < axes.length; j += 1) {
        const from = base[start + this.rows[at + axes[j]!]!]!
        for (let l = j + 1; l < axes.length; l += 1) {
          const number = from + this.rows[at + axes[l]!]!
          if (raise) this.#raise(row, number, axes[i]!, axes[j]!, axes[l]!)
          else this.#lower(row, number, axes[i]!, axes[j]!, axes[l]!)
        }
      }
    }
  }

  #raise(row: number, number: number, a: number, b: number, c: number): void {
    const before = this.held[number]!
    if (before >= ONE_ROW) {
      this.held[number] = (before + ONE_ROW) ^ row
      if (before < 2 * ONE_ROW) this.#need(before & ROW_BITS, a, b, c, -1)
      return
    }
    this.forget(before)
    this.held[number] = ONE_ROW | row
    this.#need(row, a, b, c, 1)
  }

  #lower(row: number, number: number, a: number, b: number, c: number): void {
    const after = (this.held[number]! - ONE_ROW) ^ row
    this.held[number] = after
    if (after >= 2 * ONE_ROW) return
    if (after >= ONE_ROW) {
      this.#need(after & ROW_BITS, a, b, c, 1)
      return
    }
    this.#need(row, a, b, c, -1)
    const at = row * this.width
    this.tuple[0] = this.rows[at + a]!
    this.tuple[1] = this.rows[at + b]!
    this.tuple[2] = this.rows[at + c]!
    this.remember(number)
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
