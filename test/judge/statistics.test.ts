import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { describeRate, failureRateBounds } from '../../src/judge/statistics/failure-rate.ts'
import { compareSamples, rankSumProbability } from '../../src/judge/statistics/compare-samples.ts'

describe('bounds of a failure rate', () => {
  test.each([
    [1, 0.95],
    [3, 0.6316],
    [5, 0.4507],
    [10, 0.2589],
    [20, 0.1391],
    [30, 0.095],
    [50, 0.0582],
    [100, 0.0295],
    [300, 0.00994],
  ])('no failure in %i tries bounds the rate as 1 - 0.05^(1/n)', (tries, high) => {
    expect(failureRateBounds(0, tries).high).toBeCloseTo(high, 3)
  })

  // Computed apart, by bisection over binomial sums with 60 decimal digits.
  test.each([
    [9, 10, 0.554984, 0.997471],
    [1, 10, 0.002529, 0.445016],
    [5, 10, 0.187086, 0.812914],
    [2, 300, 0.000808, 0.023873],
    [50, 100, 0.398321, 0.601679],
  ])('%i of %i has the interval that long arithmetic gives', (failing, tries, low, high) => {
    const bounds = failureRateBounds(failing, tries)
    expect(bounds.low).toBeCloseTo(low, 5)
    expect(bounds.high).toBeCloseTo(high, 5)
  })

  test('every green says what it bounds', () => {
    expect(describeRate(0, 10)).toBe('0 of 10: failure rate below 26 %')
    expect(describeRate(0, 1)).toBe('0 of 1: failure rate below 95 %')
    expect(describeRate(9, 10)).toBe('9 of 10: failure rate between 55 % and 100 %')
    expect(describeRate(3, 3)).toBe('3 of 3: failure rate above 36 %')
    expect(describeRate(0, 0)).toContain('nothing is known')
  })

  test('the interval holds the observed share and shrinks with more tries', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.nat(), (tries, pick) => {
        const failing = pick % (tries + 1)
        const { low, high } = failureRateBounds(failing, tries)
        expect(low).toBeLessThanOrEqual(failing / tries)
        expect(high).toBeGreaterThanOrEqual(failing / tries)
        const more = failureRateBounds(failing * 2, tries * 2)
        expect(more.high - more.low).toBeLessThan(high - low)
      }),
    )
  })

  test('a count that cannot be is refused', () => {
    expect(() => failureRateBounds(2, 1)).toThrow(RangeError)
    expect(() => failureRateBounds(-1, 1)).toThrow(RangeError)
  })
})

describe('comparison of few noisy numbers', () => {
  test.each([
    [3, 0.1],
    [4, 0.0286],
    [5, 0.00794],
    [6, 0.00216],
    [7, 0.000583],
    [8, 0.000155],
  ])('%i against %i can never be more certain than the exact table says', (n, smallest) => {
    const low = Array.from({ length: n }, (_, index) => index)
    const high = low.map((value) => value + 100)
    expect(compareSamples(low, high)?.smallestProbability).toBeCloseTo(smallest, 3)
    expect(compareSamples(low, high)?.probability).toBeCloseTo(smallest, 3)
  })

  test('the probability is the share of all ways to split the numbers that look as extreme', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 }),
        (first, second) => {
          expect(rankSumProbability(first, second)).toBeCloseTo(bySplitting(first, second), 10)
        },
      ),
    )
  })

  test('the shift is found and its interval holds it', () => {
    const result = compareSamples([10, 11, 12, 13, 14, 15], [20, 21, 22, 23, 24, 25])
    expect(result?.shift).toBe(10)
    expect(result?.separated).toBe(true)
    expect(result?.shiftLow).toBeLessThanOrEqual(10)
    expect(result?.shiftHigh).toBeGreaterThanOrEqual(10)
  })

  // Exact p 0.2544, estimate 0.305, 95 % interval -0.15 … 0.76.
  test('agrees with the published permeability example (Hollander and Wolfe, p. 69)', () => {
    const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    const early = [1.15, 0.88, 0.9, 0.74, 1.21]
    const result = compareSamples(early, term)
    expect(result?.probability).toBeCloseTo(0.2544, 4)
    expect(result?.shift).toBeCloseTo(0.305, 3)
    expect(result?.shiftLow).toBeCloseTo(-0.15, 2)
    expect(result?.shiftHigh).toBeCloseTo(0.76, 2)
  })

  test('large sets use the normal approximation and agree with the exact count nearby', () => {
    const first = Array.from({ length: 21 }, (_, index) => index * 2)
    const second = Array.from({ length: 20 }, (_, index) => index * 2 + 13)
    const exact = rankSumProbability(first.slice(0, 20), second)
    expect(Math.abs(rankSumProbability(first, second) - exact)).toBeLessThan(0.03)
  })

  test('no numbers, no comparison', () => {
    expect(compareSamples([], [1])).toBeUndefined()
  })
})

/** Brute force over all ways to choose which numbers are the second set. */
function bySplitting(first: readonly number[], second: readonly number[]): number {
  const all = [...first, ...second]
  const rankOf = (value: number): number =>
    all.filter((other) => other < value).length + (all.filter((other) => other === value).length + 1) / 2
  const seen = second.reduce((sum, value) => sum + rankOf(value), 0)
  let lower = 0
  let upper = 0
  let total = 0
  for (let mask = 0; mask < 2 ** all.length; mask += 1) {
    const chosen = all.filter((_, index) => (mask >> index) & 1)
    if (chosen.length !== second.length) continue
    const sum = chosen.reduce((running, value) => running + rankOf(value), 0)
    total += 1
    if (sum <= seen) lower += 1
    if (sum >= seen) upper += 1
  }
  return Math.min(1, (2 * Math.min(lower, upper)) / total)
}
