/**
 * How well a set of culprits explains the runs. A cell that holds a culprit fails with that culprit's rate, which is
 * unknown: most faults fail always, some only now and then, so each rate is averaged over a few values. A cell that
 * holds none fails only by an unrelated accident. A pass of a cell therefore weighs little against an intermittent
 * culprit and much against a constant one.
 */
import { both, either, without } from './observations.ts'
import type { CellSet, Observations } from './observations.ts'

/** Failure rates that a culprit may have, and how common each is believed to be. */
const RATES = [
  { rate: 0.995, belief: 0.72 },
  { rate: 0.8, belief: 0.08 },
  { rate: 0.5, belief: 0.1 },
  { rate: 0.25, belief: 0.1 },
] as const

/** Chance that a run fails without any culprit. */
export const ACCIDENT = 0.001

interface Tally {
  readonly failures: number
  readonly runs: number
}

/** Chances by tally: a few thousand combinations share a few dozen tallies. Holds nothing but numbers that follow from the key. */
const KNOWN_CHANCES = new Map<number, number>()
const KNOWN_LIMIT = 100_000

/** Natural logarithm of the chance of the runs that hold a combination, its rate unknown. */
export function logChanceOf(tally: Tally): number {
  const key = tally.failures * 1_000_000 + tally.runs
  const known = KNOWN_CHANCES.get(key)
  if (known !== undefined) return known
  const chance = logSum(RATES.map(({ rate, belief }) => Math.log(belief) + runsAt(tally, rate)))
  if (KNOWN_CHANCES.size < KNOWN_LIMIT) KNOWN_CHANCES.set(key, chance)
  return chance
}

/** Natural logarithm of the chance of all runs if the culprits are those whose cells are given. */
export function logChance(observations: Observations, culprits: readonly CellSet[]): number {
  const [first, second, ...others] = culprits
  if (first === undefined) return runsAt(observations.tally(all(observations)), ACCIDENT)
  const touched = culprits.reduce(either)
  const accidents = runsAt(observations.tally(without(all(observations), touched)), ACCIDENT)
  if (second === undefined) return accidents + logChanceOf(observations.tally(first))
  if (others.length > 0) return accidents + manyChance(observations, culprits)
  const common = observations.tally(both(first, second))
  const alone = [
    observations.tally(without(first, second)),
    observations.tally(without(second, first)),
  ] as const
  const terms = RATES.flatMap((one) =>
    RATES.map(
      (two) =>
        Math.log(one.belief * two.belief) +
        runsAt(alone[0], one.rate) +
        runsAt(alone[1], two.rate) +
        runsAt(common, 1 - (1 - one.rate) * (1 - two.rate)),
    ),
  )
  return accidents + logSum(terms)
}

/** Three and more: each cell counts for the first culprit that it holds, so that the rates stay independent. */
function manyChance(observations: Observations, culprits: readonly CellSet[]): number {
  let sum = 0
  let counted: CellSet = new Int32Array(observations.failing.length)
  for (const culprit of culprits) {
    sum += logChanceOf(observations.tally(without(culprit, counted)))
    counted = either(counted, culprit)
  }
  return sum
}

function all(observations: Observations): CellSet {
  const set = new Int32Array(observations.failing.length)
  observations.cells.forEach((_, cell) => {
    set[cell >> 5]! |= 1 << (cell & 31)
  })
  return set
}

function runsAt({ failures, runs }: Tally, rate: number): number {
  return failures * Math.log(rate) + (runs - failures) * Math.log1p(-rate)
}

/** log(Σ exp) without overflow. */
export function logSum(logs: readonly number[]): number {
  const most = Math.max(...logs)
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0))
}
