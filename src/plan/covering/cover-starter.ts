/**
 * Covering arrays of strength 2 from one vector. A *cover starter* of length l over the cyclic group of v − f elements
 * and f fixed points is developed by all l rotations and all v − f translations; it covers every pair but those of two
 * fixed points if at each distance its differences meet every group element and every fixed point meets an element on
 * either side. (Lobb, Colbourn, Danziger, Stevens, Torres-Jimenez, "Cover starters for covering arrays of strength
 * two", 2012.)
 */
import type { Effort } from './effort.ts'

export interface CoverStarter {
  /** Entries below `order` are group elements, the others fixed points. */
  readonly vector: Int32Array
  /** Size of the group. */
  readonly order: number
}

/** Moves that the search for one starter may take. */
const MOVES = 450_000
const STEPS_PER_MOVE = 8
/** Warmth of the annealing at its beginning and end, in conditions that are not met; found by trying. */
const HOT = 0.6
const COLD = 0.2

/** A starter of this length, or undefined if the search did not find one. */
export function findCoverStarter(
  length: number,
  order: number,
  fixedPoints: number,
  random: () => number,
  effort: Effort,
): CoverStarter | undefined {
  const search = new StarterSearch(length, order, fixedPoints, random)
  for (let move = 0; move < MOVES; move += 1) {
    if (search.missing === 0) return { vector: search.vector, order }
    const warmth = HOT + ((COLD - HOT) * move) / MOVES
    search.move(warmth)
    if (move % 100 === 0) effort.spend(100 * STEPS_PER_MOVE * length)
  }
  return undefined
}

/** Rows of the developed starter: `length` columns of symbols 0 … order + fixed points − 1. */
export function developStarter(starter: CoverStarter): Int32Array[] {
  const { vector, order } = starter
  const rows: Int32Array[] = []
  for (let rotation = 0; rotation < vector.length; rotation += 1) {
    for (let translation = 0; translation < order; translation += 1) {
      rows.push(
        vector.map((_, column) => {
          const entry = vector[(column + rotation) % vector.length]!
          return entry < order ? (entry + translation) % order : entry
        }),
      )
    }
  }
  return rows
}

/** Annealing on the entries; `missing` counts what is not met, over all distances. */
class StarterSearch {
  readonly vector: Int32Array
  missing: number
  readonly #order: number
  readonly #symbols: number
  readonly #conditions: number
  readonly #counts: Int32Array
  readonly #random: () => number

  constructor(length: number, order: number, fixedPoints: number, random: () => number) {
    this.#order = order
    this.#symbols = order + fixedPoints
    this.#conditions = order + 2 * fixedPoints
    this.#random = random
    const distances = Math.floor(length / 2)
    this.#counts = new Int32Array(distances * this.#conditions)
    this.missing = this.#counts.length
    this.vector = Int32Array.from({ length }, () => Math.floor(random() * this.#symbols))
    for (let distance = 1; distance <= distances; distance += 1) {
      for (let at = 0; at < length; at += 1) this.#count(at, distance, 1)
    }
  }

  /** Changes one entry; a change for the worse is kept with the chance that the warmth allows. */
  move(warmth: number): void {
    const at = Math.floor(this.#random() * this.vector.length)
    const old = this.vector[at]!
    const before = this.missing
    this.#write(at, Math.floor(this.#random() * this.#symbols))
    if (this.missing > before && this.#random() >= Math.exp((before - this.missing) / warmth))
      this.#write(at, old)
  }

  #write(at: number, entry: number): void {
    const length = this.vector.length
    for (const change of [-1, 1]) {
      if (change === 1) this.vector[at] = entry
      for (let distance = 1; 2 * distance <= length; distance += 1) {
        this.#count(at, distance, change)
        this.#count((at - distance + length) % length, distance, change)
      }
    }
  }

  /** Counts the pair of the entry and the one `distance` after it in or out. */
  #count(at: number, distance: number, change: number): void {
    const first = this.vector[at]!
    const second = this.vector[(at + distance) % this.vector.length]!
    const condition = this.#condition(first, second)
    if (condition === -1) return
    const place = (distance - 1) * this.#conditions + condition
    const count = (this.#counts[place]! += change)
    if (change === 1 && count === 1) this.missing -= 1
    else if (change === -1 && count === 0) this.missing += 1
  }

  #condition(first: number, second: number): number {
    const order = this.#order
    const fixedPoints = this.#symbols - order
    if (first < order) {
      return second < order ? (second - first + order) % order : second
    }
    return second < order ? first + fixedPoints : -1
  }
}
