/**
 * How well a set of culprits explains the runs. A cell that holds a culprit fails with that culprit's rate, which is
 * unknown: most faults fail always, some only now and then, so each rate is averaged over a few values. A cell that
 * holds none fails only by an unrelated accident. A pass of a cell therefore weighs much against a culprit that failed
 * in all repeats elsewhere, and little against a cell that failed in some of them only.
 */
import { failuresOf, runsOf } from './observations.ts'
import type { CellSet, Observations, Tally } from './observations.ts'

/** Failure rates that a culprit may have, and how common each is believed to be. */
const RATES = [
  { rate: 0.998, belief: 0.88 },
  { rate: 0.8, belief: 0.04 },
  { rate: 0.5, belief: 0.04 },
  { rate: 0.25, belief: 0.04 },
] as const

/** Chance that a run fails without any culprit. */
export const ACCIDENT = 0.001

/** Chances by tally: many thousand combinations share a few dozen tallies. Holds nothing but numbers that follow from the key. */
const KNOWN_CHANCES = new Map<Tally, number>()
const KNOWN_LIMIT = 100_000

/** Natural logarithm of the chance of the runs that hold a combination, its rate unknown. */
export function logChanceOf(tally: Tally): number {
  const known = KNOWN_CHANCES.get(tally)
  if (known !== undefined) return known
  const chance = logSum(RATES.map(({ rate, belief }) => Math.log(belief) + runsAt(tally, rate)))
  if (KNOWN_CHANCES.size < KNOWN_LIMIT) KNOWN_CHANCES.set(tally, chance)
  return chance
}

/** The same for runs that hold no culprit. */
export function logChanceOfAccidents(tally: Tally): number {
  return runsAt(tally, ACCIDENT)
}

/**
 * Of the runs that hold one combination, the other, or both: a cell with both counts for one of them, whichever way
 * explains the runs better, so that a constant culprit is not taken for an intermittent one's.
 */
export function logChanceOfTwo(observations: Observations, one: CellSet, other: CellSet): number {
  return Math.max(
    logChanceOf(observations.tally(one)) + logChanceOf(observations.tallyWithout(other, one)),
    logChanceOf(observations.tally(other)) + logChanceOf(observations.tallyWithout(one, other)),
  )
}

function runsAt(tally: Tally, rate: number): number {
  const failures = failuresOf(tally)
  return failures * Math.log(rate) + (runsOf(tally) - failures) * Math.log1p(-rate)
}

/** log(Σ exp) without overflow. */
export function logSum(logs: readonly number[]): number {
  const most = logs.reduce((largest, log) => Math.max(largest, log), Number.NEGATIVE_INFINITY)
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0))
}
