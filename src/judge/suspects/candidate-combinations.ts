/** The combinations that may be culprits: parts of failing cells, minimal, the most promising of each failing cell. */
import { logChanceOf } from './likelihood.ts'
import { both, has, isEmpty, size, without } from './observations.ts'
import type { CellSet, Observations } from './observations.ts'
import type { SizePriors } from './size-priors.ts'

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

/** Largest combination that is looked for. */
export const LARGEST = 4
/** Failing cells whose parts are listed; a culprit that is in none of them explains little. */
const FAILING_CELLS = 24
/** Combinations kept for each failing cell and in all. */
const KEPT_PER_CELL = 1200
const KEPT = 2500
/** What explaining one failing run is worth before it is known what explains the others. */
const REWARD = 4

/** At most KEPT combinations, the most promising first. A part that no passing cell holds is not extended: it explains no less than what contains it. */
export function candidateCombinations(observations: Observations, priors: SizePriors): Combination[] {
  const failing = observations.cells.flatMap((_, cell) => (has(observations.failing, cell) ? [cell] : []))
  const found: Combination[] = []
  for (const cell of spread(failing, FAILING_CELLS)) {
    const parts = partsOf(cell, observations, priors).sort(byPromise)
    found.push(...parts.slice(0, KEPT_PER_CELL))
  }
  const distinct = new Map(found.map((part) => [part.symbols.join(), part]))
  return [...distinct.values()].sort(byPromise).slice(0, KEPT)
}

function byPromise(a: Combination, b: Combination): number {
  return b.promise - a.promise || a.symbols.length - b.symbols.length || compareLists(a.symbols, b.symbols)
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((symbol, index) => symbol !== b[index])
  return at === -1 ? 0 : a[at]! - (b[at] ?? -1)
}

function partsOf(cell: number, observations: Observations, priors: SizePriors): Combination[] {
  const symbols = observations.symbolsOf[cell]!
  const parts: Combination[] = []
  const everywhere = new Int32Array(observations.failing.length).fill(-1)
  const grow = (from: number, chosen: readonly number[], present: CellSet): void => {
    for (let at = from; at < symbols.length; at += 1) {
      const symbol = symbols[at]!
      const longer = [...chosen, symbol]
      const cells = both(present, observations.holders[symbol]!)
      parts.push(combination(longer, cells, observations, priors))
      const passing = !isEmpty(without(cells, observations.failing))
      if (passing && longer.length < LARGEST && parts.length < 400_000) grow(at + 1, longer, cells)
    }
  }
  grow(0, [], everywhere)
  return parts
}

function combination(
  symbols: readonly number[],
  present: CellSet,
  observations: Observations,
  priors: SizePriors,
): Combination {
  const tally = observations.tally(present)
  const prior = priors[symbols.length - 1]!
  const explained = size(both(present, observations.failing))
  return { symbols, present, prior, promise: prior + logChanceOf(tally) + REWARD * explained }
}

/** At most `count` members, evenly over the list. */
function spread(list: readonly number[], count: number): number[] {
  if (list.length <= count) return [...list]
  return Array.from({ length: count }, (_, at) => list[Math.floor((at * list.length) / count)]!)
}
