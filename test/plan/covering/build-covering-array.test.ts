import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { binomial } from '../../../src/plan/covering/binomial.ts'
import { buildCoveringArray } from '../../../src/plan/covering/build-covering-array.ts'
import type { CoveringProblem } from '../../../src/plan/covering/build-covering-array.ts'
import { coveringModel } from '../../../src/plan/covering/covering-model.ts'
import type { CoveringModel } from '../../../src/plan/covering/covering-model.ts'
import { smallModels, tuplesOf, validRows } from './brute-force.ts'

function problemOf(
  model: CoveringModel,
  strength: number,
  more: Partial<CoveringProblem> = {},
): CoveringProblem {
  const axes = Array.from(model.levels, (_, axis) => axis)
  return {
    model,
    families: [{ axes, strength: Math.min(strength, axes.length) }],
    seeds: [],
    earlier: [],
    weights: new Float64Array(model.owner.length).fill(1),
    ...more,
  }
}

const uniform = (axes: number, values: number): CoveringModel =>
  coveringModel(
    Array.from({ length: axes }, () => values),
    [],
  )

/** Tuples of axes 0, 1 (of which two of six pairs are forbidden) and freely combined others, counted by hand. */
function feasibleTuples(levels: readonly number[], strength: number): number {
  const sumOfProducts = (counts: readonly number[], choose: number): number => {
    if (choose === 0) return 1
    if (counts.length < choose) return 0
    return counts[0]! * sumOfProducts(counts.slice(1), choose - 1) + sumOfProducts(counts.slice(1), choose)
  }
  return sumOfProducts(levels, strength) - 2 * sumOfProducts(levels.slice(2), strength - 2)
}

describe('a covering array', () => {
  test('holds every feasible tuple and no row that breaks a constraint, for strengths 1 to 5', () => {
    fc.assert(
      fc.property(smallModels, fc.integer({ min: 1, max: 5 }), fc.nat(), (model, strength, seed) => {
        const problem = problemOf(model, strength)
        const { axes, strength: used } = problem.families[0]!
        const valid = validRows(model)
        const array = buildCoveringArray(problem, { seed, effort: 0.002 })
        const allowed = new Set(valid.map((row) => row.join()))
        for (const row of array.rows) expect(allowed).toContain(row.join())
        expect(tuplesOf(array.rows, axes, used)).toEqual(tuplesOf(valid, axes, used))
        expect(array.lowerBound).toBeLessThanOrEqual(array.rows.length)
      }),
      { numRuns: 300 },
    )
  })

  test('covers a group of axes at its own, higher strength', () => {
    const model = uniform(5, 3)
    const groups = [
      { axes: [0, 1, 2, 3, 4], strength: 2 },
      { axes: [0, 2, 4], strength: 3 },
    ]
    const array = buildCoveringArray(problemOf(model, 2, { families: groups }), { seed: 1, effort: 0.1 })
    expect(tuplesOf(array.rows, [0, 2, 4], 3).size).toBe(27)
    expect(tuplesOf(array.rows, [0, 1, 2, 3, 4], 2).size).toBe(90)
    expect(array.rows).toHaveLength(27)
  })

  test('searches on all families at once: a deep group of four axes costs no more rows than the group alone', () => {
    const families = [
      { axes: [0, 1, 2, 3, 4, 5], strength: 2 },
      { axes: [0, 2, 4, 5], strength: 3 },
    ]
    const array = buildCoveringArray(problemOf(uniform(6, 3), 2, { families }), { seed: 1, effort: 0.2 })
    expect(array.rows).toHaveLength(27)
  })

  test('stays complete for every family while the search moves on all of them at once', () => {
    const groups = fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 3, maxLength: 5 })
    fc.assert(
      fc.property(groups, fc.integer({ min: 1, max: 4 }), fc.nat(), (axes, strength, seed) => {
        const model = uniform(6, 3)
        const deeper = Math.min(strength + 1, axes.length)
        const families = [
          { axes: [0, 1, 2, 3, 4, 5], strength },
          { axes, strength: deeper },
          { axes: axes.slice(0, 3), strength: 3 },
        ]
        const array = buildCoveringArray(problemOf(model, 2, { families }), { seed, effort: 0.02 })
        for (const family of families) {
          const sorted = family.axes.toSorted((a, b) => a - b)
          const ways = binomial(sorted.length, family.strength)
          expect(tuplesOf(array.rows, sorted, family.strength).size).toBe(ways * 3 ** family.strength)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('is complete where a construction for some of the axes is its start, constraints on the others included', () => {
    const alike = fc.record({
      columns: fc.integer({ min: 4, max: 7 }),
      values: fc.integer({ min: 3, max: 5 }),
    })
    fc.assert(
      fc.property(alike, fc.integer({ min: 2, max: 3 }), fc.nat(), ({ columns, values }, strength, seed) => {
        const levels = [2, 3, ...Array.from({ length: columns }, () => values), values - 1]
        const box = {
          source: 0,
          sides: [
            { axis: 0, symbols: [0] },
            { axis: 1, symbols: [2, 3] },
          ],
        }
        const problem = problemOf(coveringModel(levels, [box]), strength)
        const { rows } = buildCoveringArray(problem, { seed, effort: 0.05 })
        expect(rows.some((row) => row[0] === 0 && row[1]! >= 2 && row[1]! <= 3)).toBe(false)
        const axes = problem.families[0]!.axes
        const found = tuplesOf(rows, axes, strength).size
        const all = feasibleTuples(levels, strength)
        expect(found).toBe(all)
      }),
      { numRuns: 25 },
    )
  })

  test('is the same for the same seed and effort', () => {
    fc.assert(
      fc.property(smallModels, fc.nat(), (model, seed) => {
        const build = () =>
          buildCoveringArray(problemOf(model, 2), { seed, effort: 0.002 }).rows.map((row) => row.join())
        expect(build()).toEqual(build())
      }),
      { numRuns: 50 },
    )
  })

  test('never grows with more effort', () => {
    for (const model of [uniform(8, 3), uniform(7, 5), coveringModel([4, 4, 4, 4, 4, 3, 2], [])]) {
      const size = (effort: number) =>
        buildCoveringArray(problemOf(model, 2), { seed: 7, effort }).rows.length
      const sizes = [0.001, 0.01, 0.1, 0.4].map(size)
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
    }
  })

  test('stops at a target, complete', () => {
    const problem = problemOf(uniform(8, 3), 2)
    const array = buildCoveringArray(problem, { seed: 7, effort: 1, target: 15 })
    const smallest = buildCoveringArray(problem, { seed: 7, effort: 1 })
    expect(array.rows.length).toBeLessThanOrEqual(15)
    expect(array.rows.length).toBeGreaterThan(smallest.rows.length)
    expect(tuplesOf(array.rows, [...problem.model.levels.keys()], 2).size).toBe(28 * 9)
  })

  test('reaches sizes that are proved minimal', () => {
    const minimal = buildCoveringArray(problemOf(uniform(4, 3), 2), { seed: 1, effort: 0.5 })
    expect(minimal.rows).toHaveLength(9)
    expect(minimal.lowerBound).toBe(9)
  })

  test('begins with its seeds, whole and partial, unchanged', () => {
    const model = uniform(4, 3)
    const seeds = [Int32Array.of(0, 3, 6, 9), Int32Array.of(1, -1, 7, -1)]
    const array = buildCoveringArray(problemOf(model, 2, { seeds }), { seed: 3, effort: 0.1 })
    expect(array.rows[0]).toEqual(seeds[0])
    expect(array.rows[1]![0]).toBe(1)
    expect(array.rows[1]![2]).toBe(7)
    expect(tuplesOf(array.rows, [0, 1, 2, 3], 2).size).toBe(54)
  })

  test('leaves out what earlier rows covered, and a hole in an earlier row covers nothing', () => {
    const model = uniform(3, 2)
    const all = validRows(model).map((row) => Int32Array.from(row))
    const build = (earlier: readonly Int32Array[]) =>
      buildCoveringArray(problemOf(model, 2, { earlier }), { seed: 1, effort: 0.05 }).rows
    expect(build(all)).toHaveLength(0)
    const holed = all.map((row) => row.map((symbol) => (symbol === 1 ? -1 : symbol)))
    const added = build(holed)
    expect([...tuplesOf(added, [0, 1, 2], 2)].filter((tuple) => tuple.startsWith('1,')).length).toBe(4)
    for (const row of added) expect(row[0]).toBe(1)
  })
})
