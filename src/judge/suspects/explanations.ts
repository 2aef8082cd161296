/** Sets of one, two or three culprits that explain all failures together, with how much each set is to be believed. */
import type { Combination } from './candidate-combinations.ts'
import { ACCIDENT, logChanceOf, logChanceOfAccidents, logChanceOfTwo, logSum } from './likelihood.ts'
import { commonSize, either, failuresOf, within, without } from './observations.ts'
import type { CellSet, Observations } from './observations.ts'

export interface Explanation {
  readonly culprits: readonly Combination[]
  /** Of all explanations that were weighed; they add up to 1. */
  readonly probability: number
}

/** Belief that a run has one, two or three independent culprits. */
const CULPRITS = [0.75, 0.2, 0.05]
/** Sets that are grown by a further culprit, by the number of culprits that they then have. */
const GROWN = [0, 0, 100, 30]
/** Explanations kept. */
const KEPT = 1500
/** An explanation that is e^this times less believed than the best is not followed. */
const HOPELESS = 9
/** Sets whose culprits may mask a further one, and how unlikely that one may be. */
const MASKING = 3
const HOPELESS_MASKED = 13
/** What an unexplained failing cell costs while a partner may still explain it: half of what an accident does. */
const UNEXPLAINED = -Math.log(ACCIDENT) / 2

interface Weighed {
  /** Indexes into the candidates, ascending. */
  readonly culprits: readonly number[]
  readonly cells: CellSet
  readonly log: number
  /** For choosing which sets to grow: what a failure that is not explained yet costs is taken back in part. */
  readonly promise: number
}

/** The explanations worth believing, the best first; none if nothing failed. */
export function explanations(observations: Observations, candidates: readonly Combination[]): Explanation[] {
  const search = new ExplanationSearch(observations, candidates)
  const best = search
    .run()
    .sort((a, b) => b.log - a.log)
    .slice(0, KEPT)
  if (best.length === 0) return []
  const total = logSum(best.map((set) => set.log))
  return best.map(({ culprits, log }) => ({
    culprits: culprits.map((at) => candidates[at]!),
    probability: Math.exp(log - total),
  }))
}

class ExplanationSearch {
  readonly #observations: Observations
  readonly #candidates: readonly Combination[]
  readonly #likeliest: number
  #best = Number.NEGATIVE_INFINITY

  constructor(observations: Observations, candidates: readonly Combination[]) {
    this.#observations = observations
    this.#candidates = candidates
    this.#likeliest = candidates.reduce((most, { prior }) => Math.max(most, prior), Number.NEGATIVE_INFINITY)
  }

  run(): Weighed[] {
    let level = this.#candidates.map((candidate, at) => this.#alone(candidate, at))
    const met = [...level]
    for (let count = 2; count <= CULPRITS.length; count += 1) {
      const grown = level
        .filter(({ cells }) => !within(this.#observations.failing, cells))
        .filter((set) => set.log + this.#mostToWin(set) > this.#best - HOPELESS)
        .sort((a, b) => b.promise - a.promise)
        .slice(0, GROWN[count])
      level = this.#distinct(grown.flatMap((set) => this.#grow(set)))
      met.push(...level)
    }
    const likely = met.filter(({ log }) => log > this.#best - HOPELESS)
    return [...likely, ...this.#withMasked(likely)]
  }

  /**
   * A failing cell says nothing about what else it holds. So a combination that only ever ran together with a culprit
   * may be a second one: hardly believed, but many, and cells that hold them without the culprit can show it.
   */
  #withMasked(likely: readonly Weighed[]): Weighed[] {
    const { failing } = this.#observations
    const leading = likely
      .filter(({ cells, culprits }) => within(failing, cells) && culprits.length < CULPRITS.length)
      .sort((a, b) => b.log - a.log)
      .slice(0, MASKING)
    const grown = leading.flatMap((set) =>
      this.#candidates.flatMap((partner, at) =>
        within(partner.present, failing) && within(partner.present, set.cells) && !set.culprits.includes(at)
          ? [this.#joined(set, partner, at)]
          : [],
      ),
    )
    return this.#distinct(grown.filter(({ log }) => log > this.#best - HOPELESS_MASKED))
  }

  #alone({ present, prior }: Combination, at: number): Weighed {
    const chance = logChanceOf(this.#observations.tally(present))
    return this.#weighed([at], present, prior + chance)
  }

  /** What a perfect partner would add: it explains every open failure and is the most common kind of combination. */
  #mostToWin({ cells, culprits }: Weighed): number {
    const open = failuresOf(this.#observations.tallyWithout(this.#observations.failing, cells))
    const more = CULPRITS[culprits.length]! / CULPRITS[culprits.length - 1]!
    return open * -Math.log(ACCIDENT) + this.#likeliest + Math.log(more)
  }

  /** The set with each partner that explains some of what it leaves open; hopeless ones are left out. */
  #grow(set: Weighed): Weighed[] {
    const open = without(this.#observations.failing, set.cells)
    const openCells = commonSize(open, open)
    const own = set.culprits.reduce((sum, at) => sum + this.#candidates[at]!.prior, 0)
    const grown: Weighed[] = []
    for (const [at, partner] of this.#candidates.entries()) {
      const explained = commonSize(partner.present, open)
      if (explained === 0) continue
      // Even if the runs were as the culprits have it, this much is lost.
      const prior = own + partner.prior
      if (prior - (openCells - explained) * UNEXPLAINED <= this.#best - HOPELESS) continue
      const weighed = this.#joined(set, partner, at)
      if (weighed.promise > this.#best - HOPELESS) grown.push(weighed)
    }
    return grown
  }

  /** Each set once, although it may have been grown from more than one of its parts. */
  #distinct(sets: readonly Weighed[]): Weighed[] {
    return [...new Map(sets.map((set) => [set.culprits.join(), set])).values()]
  }

  #joined(set: Weighed, partner: Combination, at: number): Weighed {
    const culprits = [...set.culprits, at].sort((a, b) => a - b)
    const prior = culprits.reduce((sum, index) => sum + this.#candidates[index]!.prior, 0)
    return this.#weighed(culprits, either(set.cells, partner.present), prior + this.#chanceOf(set, partner))
  }

  #chanceOf(set: Weighed, partner: Combination): number {
    const [first, second] = set.culprits
    const one = this.#candidates[first!]!.present
    if (second === undefined) return logChanceOfTwo(this.#observations, one, partner.present)
    const two = logChanceOfTwo(this.#observations, one, this.#candidates[second]!.present)
    return two + logChanceOf(this.#observations.tallyWithout(partner.present, set.cells))
  }

  #weighed(culprits: readonly number[], cells: CellSet, chance: number): Weighed {
    const { all, failing } = this.#observations
    const accidents = logChanceOfAccidents(this.#observations.tallyWithout(all, cells))
    const log = chance + accidents + Math.log(CULPRITS[culprits.length - 1]!)
    this.#best = Math.max(this.#best, log)
    const open = commonSize(failing, failing) - commonSize(failing, cells)
    return { culprits, cells, log, promise: log - (Math.log(ACCIDENT) + UNEXPLAINED) * open }
  }
}
