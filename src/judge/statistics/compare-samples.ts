/**
 * Is one set of few noisy numbers larger than another? Rank-sum test with exact probabilities (midranks for ties),
 * shift and interval by Hodges and Lehmann. Boot times are skewed and rare, so nothing here assumes a normal shape.
 */

export interface SampleComparison {
  /** Two-sided probability of a difference at least as large when there is none. */
  readonly probability: number
  /** Median of all pairwise differences, second minus first, in the samples' unit. */
  readonly shift: number
  /** Interval of the shift that leaves at most 5 % outside where the sample size allows, else the whole range. */
  readonly shiftLow: number
  readonly shiftHigh: number
  /** Every number of the second set lies above every number of the first. */
  readonly separated: boolean
  /** The smallest two-sided probability that sets of these sizes can ever reach. */
  readonly smallestProbability: number
  /** A true shift below this would not have been told from noise with these samples; in their unit. */
  readonly minimumDetectableShift: number
}

const EXACT_LIMIT = 40
const INTERVAL_ALPHA = 0.05

/** Compares `second` with `first`; undefined when either is empty. */
export function compareSamples(
  first: readonly number[],
  second: readonly number[],
): SampleComparison | undefined {
  const n = first.length
  const m = second.length
  if (n === 0 || m === 0) return undefined
  const differences = second.flatMap((b) => first.map((a) => b - a)).sort((a, b) => a - b)
  const shift = median(differences)
  const trimmed = differencesOutside(n, m)
  const shiftLow = differences[trimmed] ?? -Infinity
  const shiftHigh = differences[differences.length - 1 - trimmed] ?? Infinity
  const untied = untiedDistribution(n, m)
  return {
    // Most comparisons are settled by the other members, and counting is what takes long.
    get probability() {
      return rankSumProbability(first, second)
    },
    shift,
    shiftLow,
    shiftHigh,
    separated: areSeparated(first, second),
    smallestProbability: untied === undefined ? 0 : Math.min(1, 2 * (untied[0]?.share ?? 1)),
    minimumDetectableShift: Math.max(shiftHigh - shift, shift - shiftLow),
  }
}

/** Whether every number of the second set lies above every number of the first; so it is when one is empty. */
export function areSeparated(first: readonly number[], second: readonly number[]): boolean {
  return Math.min(...second) > Math.max(...first)
}

/** The middle value; the mean of the two middle ones for an even count. NaN when empty. */
export function median(sorted: readonly number[]): number {
  const middle = sorted.length / 2
  if (Number.isInteger(middle)) return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
  return sorted[Math.floor(middle)] ?? NaN
}

/** Two-sided probability of the rank sum of `second`, exact up to 40 numbers in all, normal with tie correction beyond. */
export function rankSumProbability(first: readonly number[], second: readonly number[]): number {
  const { lower, upper } = rankSumTails(first, second)
  return Math.min(1, 2 * Math.min(lower, upper))
}

/** Probability that `second` lies as far above `first` as it does when both come from the same source; one-sided. */
export function worseProbability(first: readonly number[], second: readonly number[]): number {
  return rankSumTails(first, second).upper
}

/** Probabilities of a rank sum of `second` at most, and at least, as large as the one seen. */
function rankSumTails(
  first: readonly number[],
  second: readonly number[],
): { readonly lower: number; readonly upper: number } {
  const ranks = doubledMidranks([...first, ...second])
  const seen = ranks.slice(first.length).reduce((sum, rank) => sum + rank, 0)
  const tied = new Set(ranks).size < ranks.length
  const exact = tied ? distribution(ranks, second.length) : untiedDistribution(first.length, second.length)
  if (exact === undefined) return normalTails(ranks, first.length, second.length, seen)
  return {
    lower: exact.filter((entry) => entry.sum <= seen).reduce((sum, entry) => sum + entry.share, 0),
    upper: exact.filter((entry) => entry.sum >= seen).reduce((sum, entry) => sum + entry.share, 0),
  }
}

/** Twice the midrank of each number, so that ties keep whole numbers. */
function doubledMidranks(numbers: readonly number[]): number[] {
  const sorted = [...numbers].sort((a, b) => a - b)
  const rank = new Map<number, number>()
  for (let index = 0; index < sorted.length;) {
    const value = sorted[index] ?? 0
    let end = index
    while (sorted[end + 1] === value) end += 1
    rank.set(value, index + 1 + end + 1)
    index = end + 1
  }
  return numbers.map((number) => rank.get(number) ?? 0)
}

/** Shares of every possible rank sum of `take` of these ranks, rising; undefined where counting would take too long. */
function distribution(
  ranks: readonly number[],
  take: number,
): { readonly sum: number; readonly share: number }[] | undefined {
  if (ranks.length > EXACT_LIMIT) return undefined
  // counts[k] maps a sum to the number of ways to reach it with k ranks; at most C(40, 20) ≈ 1.4e11, exact in a double.
  const counts = Array.from({ length: take + 1 }, () => new Map<number, number>())
  counts[0]?.set(0, 1)
  for (const rank of ranks) {
    for (let k = take; k >= 1; k -= 1) {
      const target = counts[k]
      for (const [sum, ways] of counts[k - 1] ?? [])
        target?.set(sum + rank, (target.get(sum + rank) ?? 0) + ways)
    }
  }
  const ways = [...(counts[take] ?? [])].sort(([a], [b]) => a - b)
  const total = ways.reduce((sum, [, count]) => sum + count, 0)
  return ways.map(([sum, count]) => ({ sum, share: count / total }))
}

const UNTIED = new Map<string, ReturnType<typeof distribution>>()

/** The distribution for sets of these sizes without equal numbers; there are few sizes, and each is counted once. */
function untiedDistribution(n: number, m: number): ReturnType<typeof distribution> {
  const key = `${n} ${m}`
  if (n + m > EXACT_LIMIT || UNTIED.has(key)) return UNTIED.get(key)
  const ranks = Array.from({ length: n + m }, (_, index) => 2 * (index + 1))
  const counted = distribution(ranks, m)
  UNTIED.set(key, counted)
  return counted
}

function normalTails(
  ranks: readonly number[],
  n: number,
  m: number,
  seen: number,
): ReturnType<typeof rankSumTails> {
  const total = n + m
  const mean = m * (total + 1)
  const ties = [...Map.groupBy(ranks, (rank) => rank).values()].reduce(
    (sum, group) => sum + (group.length ** 3 - group.length),
    0,
  )
  const variance = ((n * m) / 3) * (total + 1 - ties / (total * (total - 1)))
  if (variance <= 0) return { lower: 1, upper: 1 }
  // One doubled rank of continuity correction.
  const tail = upperNormalTail(Math.max(0, Math.abs(seen - mean) - 1) / Math.sqrt(variance))
  return seen >= mean ? { lower: 1 - tail, upper: tail } : { lower: tail, upper: 1 - tail }
}

/** Abramowitz and Stegun 26.2.17; absolute error below 7.5e-8. */
function upperNormalTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series
}

/** How many of the sorted differences to leave out at each end for the interval of the shift. */
function differencesOutside(n: number, m: number): number {
  const untied = untiedDistribution(n, m)
  if (untied === undefined) {
    const spread = Math.sqrt((n * m * (n + m + 1)) / 12)
    return Math.max(0, Math.floor((n * m) / 2 - 1.96 * spread) - 1)
  }
  // The k-th smallest difference is a bound at the level at which the rank-sum statistic is below k.
  let tail = 0
  let outside = 0
  for (const entry of untied) {
    tail += entry.share
    if (2 * tail > INTERVAL_ALPHA) break
    outside += 1
  }
  return Math.max(0, outside - 1)
}
