/** What k failures in n tries say about the true failure rate: exact (Clopper–Pearson) bounds, no normal approximation. */

export interface RateBounds {
  readonly low: number
  readonly high: number
}

/**
 * The exact two-sided interval of a failure rate, as shares 0 … 1. `confidence` 0.95 means 2.5 % on each side,
 * except that with no failure (or nothing but failures) all 5 % stand on the one open side, as the rule of three does.
 * With n = 0 nothing is known: 0 … 1.
 */
export function failureRateBounds(failing: number, tries: number, confidence = 0.95): RateBounds {
  if (!Number.isInteger(failing) || !Number.isInteger(tries) || failing < 0 || failing > tries)
    throw new RangeError(`${failing} of ${tries} is not a share`)
  if (tries === 0) return { low: 0, high: 1 }
  const missed = 1 - confidence
  if (failing === 0) return { low: 0, high: 1 - missed ** (1 / tries) }
  if (failing === tries) return { low: missed ** (1 / tries), high: 1 }
  return {
    low: rateWhere((rate) => 1 - cumulative(failing - 1, tries, rate), missed / 2),
    high: rateWhere((rate) => -cumulative(failing, tries, rate), -missed / 2),
  }
}

/** "0 of 10: failure rate below 26 %" or "9 of 10: failure rate between 55 % and 100 %" (95 %, rounded outwards). */
export function describeRate(failing: number, tries: number): string {
  if (tries === 0) return '0 of 0: nothing is known about the failure rate'
  const { low, high } = failureRateBounds(failing, tries)
  const head = `${failing} of ${tries}: failure rate`
  if (failing === 0) return `${head} below ${percent(high, Math.ceil)}`
  if (failing === tries) return `${head} above ${percent(low, Math.floor)}`
  return `${head} between ${percent(low, Math.floor)} and ${percent(high, Math.ceil)}`
}

/** Whole percents from 10 % on, one decimal place below, rounded so that the bound stays true. */
function percent(share: number, round: (value: number) => number): string {
  const decimals = share >= 0.1 ? 1 : 10
  // 1e-9 takes back the noise of binary fractions, so that 95.00000000000001 does not become 96.
  const nudge = round === Math.ceil ? -1e-9 : 1e-9
  return `${round(share * 100 * decimals + nudge) / decimals} %`
}

/** Solves increasing(rate) = target for rate in [0, 1] by bisection, to the last bit that matters. */
function rateWhere(increasing: (rate: number) => number, target: number): number {
  let low = 0
  let high = 1
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2
    if (increasing(middle) < target) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** P(X ≤ k) of a binomial, summed in logarithms so that large n neither overflow nor vanish. */
function cumulative(k: number, n: number, rate: number): number {
  if (rate <= 0) return 1
  if (rate >= 1) return k >= n ? 1 : 0
  const logOdds = Math.log(rate) - Math.log1p(-rate)
  let logTerm = n * Math.log1p(-rate)
  let sum = Math.exp(logTerm)
  for (let i = 1; i <= k; i += 1) {
    logTerm += Math.log((n - i + 1) / i) + logOdds
    sum += Math.exp(logTerm)
  }
  return Math.min(1, sum)
}
