import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HypothesisRow } from '../../src/plan/hypothesis-row.ts'

/** Four axes of three values: symbols 0 … 11. */
const owner = Int32Array.from({ length: 12 }, (_, symbol) => Math.floor(symbol / 3))
const row = fc.tuple(...[0, 3, 6, 9].map((first) => fc.integer({ min: first, max: first + 2 })))
const culprit = fc.uniqueArray(fc.integer({ min: 0, max: 11 }), {
  minLength: 1,
  maxLength: 3,
  selector: (symbol) => owner[symbol],
})
const hypothesis = fc.record({
  culprits: fc.array(culprit, { minLength: 1, maxLength: 3 }),
  probability: fc.double({ min: 0, max: 1, noNaN: true }),
})

test('the belief in a culprit is the same after any changes as it is when counted anew', () => {
  fc.assert(
    fc.property(
      fc.array(hypothesis, { maxLength: 12 }),
      row,
      fc.array(fc.integer({ min: 0, max: 11 })),
      (hypotheses, start, changes) => {
        const state = new HypothesisRow(hypotheses, owner, 4)
        state.become(Int32Array.from(start))
        for (const symbol of changes) state.change(owner[symbol]!, symbol)
        const held = hypotheses
          .filter(({ culprits }) =>
            culprits.some((symbols) => symbols.every((symbol) => state.row.includes(symbol))),
          )
          .reduce((sum, { probability }) => sum + probability, 0)
        expect(state.held).toBeCloseTo(held, 9)
      },
    ),
  )
})
