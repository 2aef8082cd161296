/** The uncovered tuples that share a symbol with the one to be covered: what a change for it would win besides. */
import type { TupleCounts } from './tuple-counts.ts'

export class RelatedTuples {
  readonly #owner: Int32Array
  /** One more than the place of a symbol in the tuple; 0 for all others. */
  readonly #places: Uint8Array
  /** By place: length, symbols, length, symbols … and how much of the list is in use, and for how many tuples. */
  #lists: Int32Array[] = []
  readonly #ends: number[] = []
  readonly #sizes: number[] = []

  /** `owner`: the axis of each symbol. */
  constructor(owner: Int32Array) {
    this.#owner = owner
    this.#places = new Uint8Array(owner.length)
  }

  /** Finds them, the tuple itself included, and says how many steps that took. */
  collect(tuple: Int32Array, families: readonly TupleCounts[]): number {
    for (let place = 0; place < tuple.length; place += 1) {
      this.#places[tuple[place]!] = place + 1
      this.#ends[place] = 0
      this.#sizes[place] = 0
      this.#lists[place] ??= new Int32Array(256)
    }
    let steps = 0
    for (const { uncovered, left, index } of families) {
      const { strength } = index
      const end = left * strength
      for (let at = 0; at < end; at += 1) {
        const place = this.#places[uncovered[at]!]!
        if (place !== 0) this.#push(place - 1, uncovered, at - (at % strength), strength)
      }
      steps += end
    }
    for (const symbol of tuple) this.#places[symbol] = 0
    return steps
  }

  /** How many share the symbol at this place. */
  countOf(place: number): number {
    return this.#sizes[place]!
  }

  /** How many of those the row at `at` would hold with the symbol written in. */
  heldBy(rows: Int32Array, at: number, place: number, symbol: number): number {
    const list = this.#lists[place]!
    const end = this.#ends[place]!
    let held = 0
    for (let entry = 0; entry < end; entry += list[entry]! + 1) {
      let holds = true
      for (let index = entry + 1; holds && index <= entry + list[entry]!; index += 1) {
        const other = list[index]!
        holds = other === symbol || rows[at + this.#owner[other]!] === other
      }
      if (holds) held += 1
    }
    return held
  }

  #push(place: number, uncovered: Int32Array, first: number, strength: number): void {
    let list = this.#lists[place]!
    let end = this.#ends[place]!
    if (end + strength >= list.length) {
      const longer = new Int32Array(list.length * 2)
      longer.set(list)
      list = longer
      this.#lists[place] = longer
    }
    list[end] = strength
    for (let index = 0; index < strength; index += 1) list[++end] = uncovered[first + index]!
    this.#ends[place] = end + 1
    this.#sizes[place]! += 1
  }
}
