/** The combinations that may be culprits: parts of failing cells, the most promising of each failing cell. */
import { LARGEST, sizePriors } from './combination-prior.ts'
import { logChanceOf } from './likelihood.ts'
import { commonSize, failuresOf, has, meet, tallyOf } from './observations.ts'
import type { CellSet, Observations } from './observations.ts'

export interface Combination {
  /** Ascending. */
  readonly symbols: readonly number[]
  /** The observed cells that hold it. */
  readonly present: CellSet
  /** Natural logarithm of the belief in it before anything ran. */
  readonly prior: number
  /** How promising it is on its own, for choosing among many. */
  readonly promise: number
}

/** Failing cells whose parts are listed: a culprit that is in none of them explains little. */
const FAILING_CELLS = 8
/** Further ones, of those that the best combinations so far leave unexplained. */
const UNEXPLAINED_CELLS = 6
/** Combinations kept for each failing cell, and in all. */
const KEPT_PER_CELL = 600
const KEPT = 2000
/** What explaining one failing cell is worth before it is known what explains the others. */
const REWARD = 4

/** At most KEPT combinations, the most promising first. `levels`: number of values of each symbol's axis; `axes`: number of axes. */
export function candidateCombinations(
  observations: Observations,
  levels: readonly number[],
  axes: number,
): Combination[] {
  const failing = observations.cells.flatMap((_, cell) => (has(observations.failing, cell) ? [cell] : []))
  const parts = new CellParts(observations, levels, axes)
  const found: Combination[] = []
  const leading: Combination[] = []
  const look = (cell: number): void => {
    const kept = parts.of(cell)
    if (kept[0] !== undefined) leading.push(kept[0])
    found.push(...kept)
  }
  for (const cell of spread(failing, FAILING_CELLS)) look(cell)
  for (let more = 0; more < UNEXPLAINED_CELLS; more += 1) {
    const open = failing.find((cell) => leading.every(({ present }) => !has(present, cell)))
    if (open === undefined) break
    look(open)
  }
  return found.sort(byPromise).slice(0, KEPT)
}

function byPromise(a: Part | Combination, b: Part | Combination): number {
  return b.promise - a.promise || a.symbols.length - b.symbols.length || compareLists(a.symbols, b.symbols)
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((symbol, index) => symbol !== b[index])
  return at === -1 ? 0 : a[at]! - (b[at] ?? -1)
}

/** Lists the parts of one failing cell after the other, each part once. */
class CellParts {
  readonly #observations: Observations
  readonly #priors: readonly number[]
  readonly #logLevels: readonly number[]
  /** Cells whose parts were listed before. */
  readonly #listed: CellSet
  readonly #scratch: CellSet

  constructor(observations: Observations, levels: readonly number[], axes: number) {
    this.#observations = observations
    this.#priors = sizePriors(axes)
    this.#logLevels = levels.map((count) => Math.log(count))
    this.#listed = new Int32Array(observations.failing.length)
    this.#scratch = this.#listed.slice()
  }

  /**
   * The most promising parts of the cell, the best first. Also parts that contain a simpler one which explains as much:
   * as long as no cell told them apart, the longer one may be the truth. A part of which even a perfect extension
   * would not be among the best is not extended.
   */
  of(cell: number): Combination[] {
    const found: Part[] = []
    let parents: readonly Part[] = [ROOT]
    for (let size = 1; size <= LARGEST; size += 1) {
      const least = leastOf(found, KEPT_PER_CELL)
      const grown: Part[] = []
      for (const parent of parents) if (parent.most >= least) this.#extend(parent, cell, least, grown)
      for (const part of grown) if (part.promise >= least && part.isNew) found.push(part)
      parents = grown
    }
    this.#listed[cell >> 5]! |= 1 << (cell & 31)
    const least = leastOf(found, KEPT_PER_CELL)
    return found
      .filter(({ promise }) => promise >= least)
      .sort(byPromise)
      .slice(0, KEPT_PER_CELL)
      .map(({ symbols, prior, promise }) => ({ symbols, prior, promise, present: this.#holding(symbols) }))
  }

  /** Adds the parent with each later symbol of the cell, as far as it or what contains it promises enough. */
  #extend(parent: Part, cell: number, least: number, grown: Part[]): void {
    const { failing, holders, symbolsOf } = this.#observations
    const held = this.#holding(parent.symbols)
    const last = parent.symbols.at(-1) ?? -1
    const size = parent.symbols.length + 1
    const share = this.#priors[size - 1]! - (this.#priors[size - 2] ?? 0)
    const present = this.#scratch
    for (const symbol of symbolsOf[cell]!) {
      if (symbol <= last) continue
      const holder = holders[symbol]!
      for (let at = 0; at < present.length; at += 1) present[at] = held[at]! & holder[at]!
      const tally = this.#observations.tally(present)
      const prior = parent.prior + share - this.#logLevels[symbol]!
      const explained = REWARD * commonSize(present, failing)
      const promise = prior + logChanceOf(tally) + explained
      // An extension loses, at best, all passing cells and none of the failing ones.
      const failures = failuresOf(tally)
      const rarer = (this.#priors[size] ?? Number.NEGATIVE_INFINITY) - this.#priors[size - 1]! - Math.LN2
      const most = prior + rarer + logChanceOf(tallyOf(failures, failures)) + explained
      if (promise < least && most < least) continue
      const isNew = !meet(present, this.#listed)
      grown.push({ symbols: [...parent.symbols, symbol], prior, promise, most, isNew })
    }
  }

  /** The cells that hold all of these symbols. */
  #holding(symbols: readonly number[]): CellSet {
    const present = this.#observations.all.slice()
    for (const symbol of symbols) {
      const holder = this.#observations.holders[symbol]!
      for (let at = 0; at < present.length; at += 1) present[at]! &= holder[at]!
    }
    return present
  }
}

/** A combination while it is not known whether it is kept. */
interface Part {
  readonly symbols: readonly number[]
  readonly prior: number
  readonly promise: number
  /** What a part that contains it may promise at most. */
  readonly most: number
  /** Not in a cell whose parts were listed before. */
  readonly isNew: boolean
}

const ROOT: Part = { symbols: [], prior: 0, promise: 0, most: Number.POSITIVE_INFINITY, isNew: false }

/** The promise of the `count`th best; any will do where there are fewer. */
function leastOf(found: readonly Part[], count: number): number {
  if (found.length < count) return Number.NEGATIVE_INFINITY
  return Float64Array.from(found, ({ promise }) => promise).sort()[found.length - count]!
}

/** At most `count` members, evenly over the list. */
function spread(list: readonly number[], count: number): number[] {
  if (list.length <= count) return [...list]
  return Array.from({ length: count }, (_, at) => list[Math.floor((at * list.length) / count)]!)
}
