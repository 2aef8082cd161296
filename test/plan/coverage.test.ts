import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Configuration, Matrix } from '../../src/model/matrix.ts'
import { measureCoverage } from '../../src/plan/coverage.ts'
import { fleetCoverage } from '../../src/plan/fleet-coverage.ts'

const axis = (...ids: string[]) => ({ values: ids.map((id) => ({ id })) })
const matrix: Matrix = {
  version: 1,
  id: 'measured',
  axes: { a: axis('x', 'y'), b: axis('x', 'y', 'z'), c: axis('x', 'y') },
  constraints: [{ forbid: { a: 'x', b: 'z' } }, { when: { b: 'z' }, require: { c: 'y' } }],
}
const valid: Configuration[] = ['x', 'y']
  .flatMap((a) => ['x', 'y', 'z'].flatMap((b) => ['x', 'y'].map((c) => ({ a, b, c }))))
  .filter(({ a, b, c }) => !(a === 'x' && b === 'z') && !(b === 'z' && c !== 'y'))

function tuples(rows: readonly Configuration[], names: readonly string[]): Set<string> {
  return new Set(rows.map((row) => names.map((name) => row[name]).join()))
}

describe('coverage', () => {
  test('agrees with counting by hand on any part of the valid configurations', () => {
    fc.assert(
      fc.property(fc.subarray(valid), (rows) => {
        const sets = [
          ['a', 'b'],
          ['a', 'c'],
          ['b', 'c'],
        ]
        const count = (of: readonly Configuration[]) =>
          sets.reduce((sum, names) => sum + tuples(of, names).size, 0)
        const [ones, twos, threes] = measureCoverage(matrix, rows).strengths
        expect(twos).toMatchObject({
          covered: count(rows),
          feasible: count(valid),
          infeasible: 16 - count(valid),
        })
        expect(threes).toMatchObject({ covered: rows.length, feasible: valid.length, axisSets: 1 })
        expect(ones!.feasible).toBe(7)
        expect(twos!.perAxes.map(({ covered }) => covered)).toEqual(
          sets.map((names) => tuples(rows, names).size),
        )
      }),
    )
  })

  test('lists what is uncovered, at most as much as asked for', () => {
    const report = measureCoverage(matrix, valid.slice(1), { strengths: [3], uncoveredLimit: 5 })
    expect(report).toMatchObject({ uncovered: [valid[0]], truncated: false })
    expect(measureCoverage(matrix, [], { uncoveredLimit: 3 })).toMatchObject({
      truncated: true,
      uncovered: { length: 3 },
    })
  })

  test('counts of an impossible or incomplete configuration only what some valid one holds', () => {
    const [pairs] = measureCoverage(
      matrix,
      [
        { a: 'x', b: 'z', c: 'y' },
        { a: 'y', c: 'x' },
      ],
      { strengths: [2] },
    ).strengths
    expect(pairs!.covered).toBe(3)
  })
})

describe('the share of the fleet', () => {
  test('is that of the real machines all of whose pairs passed', () => {
    const fleet = [valid[0]!, valid[0]!, valid[3]!, { a: 'x', b: 'new', c: 'x' }]
    const measured = fleetCoverage(matrix, [valid[0]!], { fleet, seed: 1 })
    expect(measured).toEqual({ share: 0.5, machines: 4, covered: 2, unknown: 1, sampled: false })
  })

  test('follows the weights where no machines are given', () => {
    const weighted: Matrix = {
      ...matrix,
      constraints: [],
      axes: {
        a: {
          values: [
            { id: 'x', weight: 9 },
            { id: 'y', weight: 1 },
          ],
        },
        b: axis('x', 'y'),
      },
    }
    const { share } = fleetCoverage(
      weighted,
      [
        { a: 'x', b: 'x' },
        { a: 'x', b: 'y' },
      ],
      { seed: 1 },
    )
    expect(share).toBeGreaterThan(0.88)
    expect(share).toBeLessThan(0.92)
    expect(fleetCoverage(matrix, valid, { seed: 1 }).share).toBe(1)
  })
})
