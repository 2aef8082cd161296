import { TupleCounts } from './tuple-counts.ts'

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
    this.#walk(row, axis, false, 0, 0, 0, false)
    this.rows[row * this.width + axis] = symbol
    this.#walk(row, axis, true, 0, 0, 0, false)
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
    const count = ++this.counts[number]!
    if (count === 1) {
      this.forget(number)
      this.holders[number] = row
      this.#need(row, 1)
    } else {
      if (count === 2) this.#need(this.holders[number]!, -1)
      this.holders[number]! += row
    }
  }

  #lower(row: number, number: number): void {
    const count = --this.counts[number]!
    if (count === 0) {
      this.#need(row, -1)
      this.remember(number)
    } else {
      this.holders[number]! -= row
      if (count === 1) this.#need(this.holders[number]!, 1)
    }
  }

  #need(row: number, change: number): void {
    const { cells, rows } = this.needs
    for (const symbol of this.tuple) cells[row * this.width + this.index.model.owner[symbol]!]! += change
    rows[row]! += change
  }
}
