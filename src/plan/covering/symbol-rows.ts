/** Which rows hold each symbol, as bits, so that the rows one cell away from a tuple are found a word at a time. */
export class SymbolRows {
  readonly #words: number
  readonly #bits: Int32Array

  constructor(symbols: number, rows: number) {
    this.#words = Math.ceil(rows / 32)
    this.#bits = new Int32Array(symbols * this.#words)
  }

  add(row: number, symbol: number): void {
    this.#bits[symbol * this.#words + (row >>> 5)]! |= 1 << (row & 31)
  }

  remove(row: number, symbol: number): void {
    this.#bits[symbol * this.#words + (row >>> 5)]! &= ~(1 << (row & 31))
  }

  /**
   * Writes the rows that hold all symbols of the tuple but the one at `place`, ascending, to the front of `found` and
   * says how many there are. `height`: rows in use.
   */
  lacking(tuple: Int32Array, place: number, height: number, found: Int32Array): number {
    const words = (height + 31) >>> 5
    let count = 0
    for (let word = 0; word < words; word += 1) {
      let rows = -1
      for (let at = 0; rows !== 0 && at < tuple.length; at += 1) {
        const bits = this.#bits[tuple[at]! * this.#words + word]!
        rows &= at === place ? ~bits : bits
      }
      if (word === words - 1 && (height & 31) !== 0) rows &= (1 << (height & 31)) - 1
      for (; rows !== 0; rows &= rows - 1) {
        found[count] = word * 32 + 31 - Math.clz32(rows & -rows)
        count += 1
      }
    }
    return count
  }
}
