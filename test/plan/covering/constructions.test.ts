import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/kit/random.ts'
import { affineArray } from '../../../src/plan/covering/affine-array.ts'
import { algebraicStart } from '../../../src/plan/covering/algebraic-start.ts'
import { binomial } from '../../../src/plan/covering/binomial.ts'
import { developStarter, findCoverStarter } from '../../../src/plan/covering/cover-starter.ts'
import { doubledArray } from '../../../src/plan/covering/doubled-array.ts'
import { Effort } from '../../../src/plan/covering/effort.ts'
import { finiteField } from '../../../src/plan/covering/finite-field.ts'
import { groupArray } from '../../../src/plan/covering/group-starter.ts'
import { orthogonalArray } from '../../../src/plan/covering/orthogonal-array.ts'
import { tuplesOf } from './brute-force.ts'

/** Whether the rows hold every tuple of `strength` columns and no symbol that is not there. */
function covers(
  rows: readonly Int32Array[] | undefined,
  columns: number,
  values: number,
  strength: number,
): boolean {
  if (rows === undefined) return false
  const right = rows.every(
    (row) => row.length === columns && row.every((value) => value >= 0 && value < values),
  )
  const axes = Array.from({ length: columns }, (_, axis) => axis)
  const symbols = rows.map((row) => row.map((value, axis) => axis * values + value))
  return right && tuplesOf(symbols, axes, strength).size === binomial(columns, strength) * values ** strength
}

describe('constructions', () => {
  test('every field obeys the laws of arithmetic', () => {
    for (const size of [2, 3, 4, 5, 7, 8, 9, 11, 13, 16]) {
      const field = finiteField(size)!
      for (let a = 0; a < size; a += 1) {
        expect(new Set(Array.from({ length: size }, (_, b) => field.add(a, b))).size).toBe(size)
        expect(a === 0 || field.multiply(a, field.inverse(a)) === 1).toBe(true)
        for (let b = 0; b < size; b += 1) {
          const sum = field.add(b, 1)
          expect(field.multiply(a, sum)).toBe(field.add(field.multiply(a, b), a))
        }
      }
    }
    expect(finiteField(6)).toBeUndefined()
  })

  test('orthogonal arrays cover everything, also fused down to numbers of values that have no field', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 9 }),
        fc.integer({ min: 2, max: 8 }),
        fc.constantFrom(2, 3),
        (columns, values, strength) => {
          const rows = orthogonalArray(columns, values, strength)
          expect(rows === undefined || covers(rows, columns, values, strength)).toBe(true)
        },
      ),
      { numRuns: 40 },
    )
    expect(orthogonalArray(10, 10, 2)).toHaveLength(119)
  })

  test('rows developed over the affine group cover all triples', () => {
    for (const [columns, values, rows] of [
      [6, 3, 33],
      [8, 4, 88],
      [10, 5, 185],
      [7, 5, 185],
    ] as const) {
      expect(covers(affineArray(columns, values), columns, values, 3)).toBe(true)
      expect(affineArray(columns, values)).toHaveLength(rows)
    }
    expect(affineArray(11, 5)).toBeUndefined()
    expect(affineArray(4, 6)).toBeUndefined()
  })

  test('doubling keeps strength 3, also for an odd number of columns', () => {
    for (const columns of [7, 8]) {
      const triples = orthogonalArray(4, 3, 3)!
      const pairs = orthogonalArray(4, 3, 2)!
      expect(covers(doubledArray(columns, 3, triples, pairs), columns, 3, 3)).toBe(true)
    }
  })

  test('a cover starter that is found covers all pairs but those of two fixed points', () => {
    const starter = findCoverStarter(10, 5, 1, seededRandom(1), new Effort(1))!
    const rows = [...developStarter(starter), new Int32Array(10).fill(5)]
    expect(covers(rows, 10, 6, 2)).toBe(true)
  })

  test('rows developed over the projective group cover all triples', () => {
    const rows = groupArray(6, 6, 400, seededRandom(8), new Effort(1))
    expect(covers(rows, 6, 6, 3)).toBe(true)
  })

  test('what is offered for axes that are all alike is complete and below the limit', () => {
    const small = () => orthogonalArray(6, 5, 2)!
    const rows = algebraicStart({ columns: 12, values: 5, strength: 3 }, 400, new Effort(1), small)
    expect(covers(rows, 12, 5, 3)).toBe(true)
    expect(rows!.length).toBeLessThan(400)
    expect(algebraicStart({ columns: 12, values: 5, strength: 3 }, 100, new Effort(1), small)).toBeUndefined()
  })
})
