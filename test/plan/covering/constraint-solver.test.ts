import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConstraintSolver } from '../../../src/plan/covering/constraint-solver.ts'
import { coveringModel } from '../../../src/plan/covering/covering-model.ts'
import { FeasiblePairs } from '../../../src/plan/covering/feasible-pairs.ts'
import { smallModels, validRows } from './brute-force.ts'

test('a partial row is extendable exactly if some valid row holds it', () => {
  fc.assert(
    fc.property(smallModels, fc.infiniteStream(fc.nat()), (model, numbers) => {
      const solver = new ConstraintSolver(model)
      const valid = validRows(model)
      expect(solver.satisfiable).toBe(valid.length > 0)
      for (let round = 0; round < 10; round += 1) {
        const part = [...model.levels].flatMap((count, axis) => {
          const lot = numbers.next().value ?? 0
          return lot % 2 === 0 ? [model.offsets[axis]! + ((lot >> 1) % count)] : []
        })
        const truth = valid.some((row) => part.every((symbol) => row.includes(symbol)))
        expect(solver.extendable(part)).toBe(truth)
      }
      expect(solver.mark()).toBe(new ConstraintSolver(model).mark())
    }),
    { numRuns: 300 },
  )
})

test('the feasible pairs are exactly those that valid rows hold', () => {
  fc.assert(
    fc.property(smallModels, (model) => {
      const pairs = new FeasiblePairs(new ConstraintSolver(model), () => 0.5)
      const valid = validRows(model)
      model.owner.forEach((_, a) => {
        model.owner.forEach((__, b) => {
          expect(pairs.holds(a, b)).toBe(valid.some((row) => row.includes(a) && row.includes(b)))
        })
      })
    }),
    { numRuns: 200 },
  )
})

test('a chain of implications over many axes is followed to its end without listing configurations', () => {
  const axes = 40
  const boxes = Array.from({ length: axes - 1 }, (_, axis) => ({
    source: axis,
    sides: [
      { axis, symbols: [2 * axis] },
      { axis: axis + 1, symbols: [2 * axis + 3] },
    ],
  }))
  const solver = new ConstraintSolver(
    coveringModel(
      Array.from({ length: axes }, () => 2),
      boxes,
    ),
  )
  expect(solver.extendable([0, 2 * axes - 2])).toBe(true)
  expect(solver.extendable([0, 2 * axes - 1])).toBe(false)
})
