/** Sets of one, two or three culprits that explain all failures together, with how much each set is to be believed. */
import type { Combination } from './candidate-combinations.ts'
import { ACCIDENT, logChance, logSum } from './likelihood.ts'
import { both, either, isEmpty, size, without } from './observations.ts'
import type { CellSet, Observations } from './observations.ts'

export interface Explanation {
  readonly culprits: readonly Combination[]
  /** Of all explanations that were weighed; they add up to 1. */
  readonly probability: number
}

/** Belief that a run has one, two or three independent culprits. */
const CULPRITS = [0.75, 0.2, 0.05]
/** Sets that are grown by a further culprit. */
const GROWN = 80
/** Further culprits tried for each. */
const PARTNERS = 100
/** Explanations kept. */
const KEPT = 1500

/** An explanation that is e^this times less believed than the best is not followed. */
const HOPELESS = 8

interface Weighed {
  readonly culprits: readonly Combination[]
  readonly cells: CellSet
  readonly log: number
  /** For choosing which sets to grow: what a failure that is not explained yet costs is left out. */
  readonly promise: number
}

/** The explanations worth believing, the best first; none if nothing failed. */
export function explanations(observations: Observations, candidates: readonly Combination[]): Explanation[] {
  let level = candidates.map((candidate) => weigh(observations, [candidate]))
  const met = [...level]
  const likeliest = candidates.reduce((most, { prior }) => Math.max(most, prior), Number.NEGATIVE_INFINITY)
  for (let count = 2; count <= CULPRITS.length; count += 1) {
    const best = met.reduce((most, set) => Math.max(most, set.log), Number.NEGATIVE_INFINITY)
    const grown = level
      .filter((set) => !isEmpty(without(observations.failing, set.cells)))
      .filter((set) => set.log + mostToWin(observations, set, likeliest) > best - HOPELESS)
      .sort((a, b) => b.promise - a.promise)
      .slice(0, GROWN)
    level = distinct(grown.flatMap((set) => grow(observations, set, candidates)))
    met.push(...level)
  }
  const best = met.sort((a, b) => b.log - a.log).slice(0, KEPT)
  if (best.length === 0) return []
  const total = logSum(best.map((set) => set.log))
  return best.map(({ culprits, log }) => ({ culprits, probability: Math.exp(log - total) }))
}

/** What a perfect partner would add: it explains every open failure and is the most common kind of combination. */
function mostToWin(observations: Observations, set: Weighed, prior: number): number {
  const { failures } = observations.tally(without(observations.failing, set.cells))
  const more = CULPRITS[set.culprits.length]! / CULPRITS[set.culprits.length - 1]!
  return failures * -Math.log(ACCIDENT) + prior + Math.log(more)
}

function grow(observations: Observations, set: Weighed, candidates: readonly Combination[]): Weighed[] {
  const open = without(observations.failing, set.cells)
  const partners = candidates
    .filter((candidate) => !isEmpty(both(candidate.present, open)))
    .slice(0, PARTNERS)
  return partners.map((partner) =>
    weigh(
      observations,
      [...set.culprits, partner].sort((a, b) => keyOf([a]).localeCompare(keyOf([b]))),
    ),
  )
}

function weigh(observations: Observations, culprits: readonly Combination[]): Weighed {
  const cells = culprits.map((culprit) => culprit.present).reduce(either)
  const prior = culprits.reduce(
    (sum, culprit) => sum + culprit.prior,
    Math.log(CULPRITS[culprits.length - 1]!),
  )
  const log =
    prior +
    logChance(
      observations,
      culprits.map((culprit) => culprit.present),
    )
  const open = size(without(observations.failing, cells))
  // An unexplained failure costs about log(1 / ACCIDENT); half of it is taken back, for a partner may explain it.
  return { culprits, cells, log, promise: log + 3.5 * open }
}

function distinct(sets: readonly Weighed[]): Weighed[] {
  return [...new Map(sets.map((set) => [keyOf(set.culprits), set])).values()]
}

function keyOf(culprits: readonly Combination[]): string {
  return culprits.map((culprit) => culprit.symbols.join()).join(';')
}
