/** Natural logarithm of the belief in one certain combination of 1, 2, 3 and 4 values. */
export type SizePriors = readonly number[]

/**
 * Share of faults by the number of values that must meet: most failures take one or two conditions, few take more
 * (Kuhn, Wallace, Gallo, "Software fault interactions and implications for software testing", 2004).
 */
const SHARES = [0.4, 0.38, 0.17, 0.05]

/** The share of each size, divided among all combinations of that size over axes with these numbers of values. */
export function sizePriors(levels: readonly number[]): SizePriors {
  // Number of combinations of each size: the elementary symmetric polynomials of the levels.
  const counts = [1, 0, 0, 0, 0]
  for (const level of levels) {
    for (let size = 4; size >= 1; size -= 1) counts[size]! += counts[size - 1]! * level
  }
  return SHARES.map((share, at) => Math.log(share / Math.max(1, counts[at + 1]!)))
}
