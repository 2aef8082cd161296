import { expect, test } from 'vitest'
import { orderRows } from '../../src/plan/order.ts'

const rows = [Int32Array.of(0, 2, 4), Int32Array.of(0, 2, 5), Int32Array.of(1, 3, 5), Int32Array.of(1, 3, 4)]
const plain = { likelihood: () => 1, pastFailure: () => 0, duration: () => 1 }

test('every row comes exactly once', () => {
  expect(orderRows(rows, [], plain).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3])
})

test('the row most unlike the ones before it, with most new pairs, is next', () => {
  expect(orderRows(rows, [], plain).slice(0, 2)).toEqual([0, 2])
  expect(orderRows(rows, [rows[2]!, rows[3]!], plain)[0]).toBeLessThan(2)
})

test('what failed before comes early, then what customers have, and short runs before long ones', () => {
  const failedBefore = { ...plain, pastFailure: (at: number) => (at === 3 ? 1 : 0) }
  expect(orderRows(rows, [], failedBefore)[0]).toBe(3)
  const common = { ...plain, likelihood: (at: number) => (at === 1 ? 10 : 1) }
  expect(orderRows(rows, [], common)[0]).toBe(1)
  const slow = { ...plain, duration: (at: number) => (at === 2 ? 1 : 9) }
  expect(orderRows(rows, [], slow)[0]).toBe(2)
})
