import { expect, test } from 'vitest'
import type { Configuration, Matrix } from '../../src/model/matrix.ts'
import { nextIsolationCell } from '../../src/plan/isolate.ts'

const axis = { values: ['x', 'y', 'z'].map((id) => ({ id })) }
const matrix: Matrix = {
  version: 1,
  id: 'isolated',
  axes: { a: axis, b: axis, c: axis, d: axis },
  constraints: [{ rule: '[a] <> "x" OR [b] <> "y";' }],
}
const failing = [{ a: 'x', b: 'x', c: 'x', d: 'x' }]
const holds = (cell: Configuration, part: Configuration) =>
  Object.entries(part).every(([name, value]) => cell[name] === value)

test('the next cell holds some explanations and not others, is valid and was not run', () => {
  const explanations = [{ a: 'x' }, { b: 'x' }, { c: 'x' }, { d: 'x' }].map((culprit) => ({
    culprits: [culprit],
    probability: 0.25,
  }))
  const next = nextIsolationCell(matrix, { explanations, failing, tried: failing, seed: 1 })!
  expect(explanations.filter(({ culprits }) => holds(next.configuration, culprits[0]!))).toHaveLength(2)
  expect(next.information).toBeGreaterThan(0.8)
  expect(next.configuration['a'] === 'x' && next.configuration['b'] === 'y').toBe(false)
  expect(nextIsolationCell(matrix, { explanations, failing, tried: failing, seed: 1 })).toEqual(next)
})

test('there is no next cell when only one explanation is left', () => {
  const explanations = [{ culprits: [{ a: 'x' }], probability: 1 }]
  expect(nextIsolationCell(matrix, { explanations, failing, tried: failing, seed: 1 })).toBeUndefined()
})
