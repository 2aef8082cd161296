/** Sizes, order and watch of rings. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { failureRateBounds } from '../../src/judge/statistics/failure-rate.ts'
import type { Configuration } from '../../src/model/matrix.ts'
import { fleetClasses, labTries, type LabCell } from '../../src/rings/fleet-classes.ts'
import { haltAt, planRings, triesToSee, type RingSettings } from '../../src/rings/plan-rings.ts'

const settings: RingSettings = { budget: 10, rate: 0.01, startsPerDay: 1, minimumHours: 24, soakHours: 168 }
const value = fc.constantFrom('a', 'b', 'c')
const machine: fc.Arbitrary<Configuration> = fc.record({ x: value, y: value, z: value })
const cell: fc.Arbitrary<LabCell> = fc.record({
  configuration: machine,
  failed: fc.boolean(),
  valid: fc.integer({ min: 0, max: 20 }),
  recovery: fc.constant<string[]>([]),
})

describe('planRings', () => {
  it('gives every machine that is not held back to exactly one ring, the first no larger than the budget', () => {
    fc.assert(
      fc.property(
        fc.array(machine, { minLength: 1, maxLength: 300 }),
        fc.array(cell, { maxLength: 10 }),
        fc.integer({ min: 1, max: 400 }),
        (fleet, cells, budget) => {
          const classes = fleetClasses(fleet, cells, [], failureRateBounds)
          const { rings, hours } = planRings(
            classes,
            labTries(cells, 3),
            { ...settings, budget },
            failureRateBounds,
          )
          for (const { configuration, machines, lab } of classes) {
            const taken = rings
              .flatMap(({ take }) => take)
              .filter((entry) => entry.configuration === configuration)
              .reduce((sum, entry) => sum + entry.machines, 0)
            expect(taken).toBe(lab === 'failed' ? 0 : machines)
          }
          let cumulative = 0
          for (const [at, ring] of rings.entries()) {
            cumulative += ring.machines
            expect(ring.take.reduce((sum, { machines }) => sum + machines, 0)).toBe(ring.machines)
            expect(ring).toMatchObject({ ring: at + 1, cumulative })
            expect(ring.watchHours).toBeGreaterThanOrEqual(settings.minimumHours)
            expect(rings[at + 1]?.startsAtHour ?? Infinity).toBeGreaterThanOrEqual(
              ring.startsAtHour + ring.watchHours - 0.2,
            )
          }
          expect(rings[0]?.machines ?? 0).toBeLessThanOrEqual(budget)
          expect(hours).toBe(rings.at(-1)?.startsAtHour ?? 0)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('takes what the lab did not see before what it did', () => {
    const seen = { x: 'a', y: 'a' }
    const cells = [{ configuration: seen, failed: false, valid: 10, recovery: ['rollback'] }]
    const classes = fleetClasses(
      [...Array.from({ length: 99 }, () => seen), { x: 'b', y: 'a' }],
      cells,
      [],
      failureRateBounds,
    )
    expect(classes).toMatchObject([
      { lab: 'unseen', unseen: ['x=b × y=a'], rateHigh: 1, recovery: [] },
      { lab: 'tested', unseen: [], recovery: ['rollback'] },
    ])
    const { rings } = planRings(classes, labTries(cells, 3), { ...settings, budget: 2 }, failureRateBounds)
    expect(rings[0]?.take[0]).toMatchObject({ configuration: { x: 'b' }, machines: 1 })
  })

  it('holds back what a suspect of the run matches', () => {
    const classes = fleetClasses([{ x: 'a', y: 'b' }], [], [{ y: 'b' }], failureRateBounds)
    expect(classes[0]?.lab).toBe('failed')
    expect(planRings(classes, new Map(), settings, failureRateBounds).rings).toEqual([])
  })
})

it('knows the rule of three: 299 tries show a failure of 1 % with 95 % certainty', () => {
  expect(triesToSee(0.01)).toBe(299)
  expect(triesToSee(1)).toBe(1)
})

it('halts at the first count of failures that the next ring would turn into more than may break', () => {
  // 2 of 10 in a ring of 50 is 10, and 8 may still break; 1 of 10 is 5 of 9.
  expect(haltAt(10, 50, 10)).toBe(2)
  expect(haltAt(10, 0, 10)).toBe(11)
})
