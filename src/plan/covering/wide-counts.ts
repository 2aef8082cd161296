import { ONE_ROW, ROW_BITS, TupleCounts } from './tuple-counts.ts'

/** Counts of tuples of any strength (used for 1 and for 4 to 6): one recursion over the axes instead of written-out loops. */
export class WideCounts extends TupleCounts {
  override addRow(row: number): void {
    this.#walk(row, -1, true, 0, 0, 0, true)
  }

  override removeRow(row: number): void {
    this.#walk(row, -1, false, 0, 0, 0, true)
  }

  override change(row: number, symbol: number): void {
    const axis = this.index.model.owner[symbol]!
    if (!this.index.axes.includes(axis)) return
    const cell = row * this.width + axis
    const old = this.rows[cell]!
    this.#walk(row, axis, false, 0, 0, 0, false)
    this.rows[cell] = symbol
    this.#walk(row, axis, true, 0, 0, 0, false)
    this.rows[cell] = old
  }

  /** Every tuple of the row that holds the axis `must` (`met` once it does); `number` is that of the prefix of `depth` symbols. */
  #walk(
    row: number,
    must: number,
    raise: boolean,
    from: number,
    depth: number,
    number: number,
    met: boolean,
  ): void {
    const { axes, base, strength } = this.index
    if (depth === strength) {
      if (raise) this.#raise(row, number)
      else this.#lower(row, number)
      return
    }
    for (let place = from; place <= axes.length - (strength - depth); place += 1) {
      const axis = axes[place]!
      if (!met && axis > must) return
      const holds = met || axis === must
      if (!holds && depth === strength - 1) continue
      const symbol = this.rows[row * this.width + axis]!
      this.tuple[depth] = symbol
      this.#walk(
        row,
        must,
        raise,
        place + 1,
        depth + 1,
        depth === 0 ? symbol : base[depth - 1]![number]! + symbol,
        holds,
      )
    }
  }

  #raise(row: number, number: number): void {
    const before = this.held[number]!
    if (before >= ONE_ROW) {
      this.held[number] = (before + ONE_ROW) ^ row
      if (before < 2 * ONE_ROW) this.#need(before & ROW_BITS, -1)
      return
    }
    this.forget(before)
    this.held[number] = ONE_ROW | row
    this.#need(row, 1)
  }

  #lower(row: number, number: number): void {
    const after = (this.held[number]! - ONE_ROW) ^ row
    this.held[number] = after
    if (after >= 2 * ONE_ROW) return
    if (after >= ONE_ROW) {
      this.#need(after & ROW_BITS, 1)
      return
    }
    this.#need(row, -1)
    this.remember(number)
  }

  #need(row: number, change: number): void {
    const { cells, rows } = this.needs
    for (const symbol of this.tuple) cells[row * this.width + this.index.model.owner[symbol]!]! += change
    rows[row]! += change
  }
}
