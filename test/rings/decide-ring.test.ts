/** What ring reports lead to. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { failureRateBounds } from '../../src/judge/statistics/failure-rate.ts'
import type { ObservedMachine, RingDecision } from '../../src/model/rings.ts'
import { decideRing } from '../../src/rings/decide-ring.ts'
import { fleetClasses, labTries } from '../../src/rings/fleet-classes.ts'
import { planRings } from '../../src/rings/plan-rings.ts'

const w10 = { build: 'w10', vpn: 'no' }
const w11 = { build: 'w11', vpn: 'yes' }
const fleet = [...Array.from({ length: 900 }, () => w10), ...Array.from({ length: 100 }, () => w11)]
const BUDGET = 10
const settings = { budget: BUDGET, rate: 0.01, startsPerDay: 1, minimumHours: 24, soakHours: 96 }
const { rings } = planRings(
  fleetClasses(fleet, [], [], failureRateBounds),
  labTries([], 3),
  settings,
  failureRateBounds,
)

/** All machines of the first rings, watched for `hours`; the first `failed` of the given build failed. */
function reports(count: number, hours: number, failed = 0, build = 'w10'): ObservedMachine[][] {
  let left = failed
  return rings.slice(0, count).map(({ take }) =>
    take.flatMap(({ configuration, machines }) =>
      Array.from({ length: machines }, (): ObservedMachine => {
        const fails = left > 0 && configuration['build'] === build
        if (fails) left -= 1
        return { configuration, failed: fails, hours }
      }),
    ),
  )
}
const decide = (
  observed: readonly (readonly ObservedMachine[])[],
  gate: 'release' | 'hold' | 'inconclusive' = 'release',
): RingDecision => decideRing(rings, observed, BUDGET, gate, failureRateBounds)

describe('the decision on the next ring', () => {
  it('is go when all reported, none failed and the watch is over', () => {
    expect(decide(reports(1, 24))).toMatchObject({ decision: 'go', nextRing: 2, failed: 0, budgetLeft: 10 })
  })

  it('waits for a machine that did not report, of whichever ring', () => {
    const [first = [], second = []] = reports(2, 48)
    expect(decide([first.slice(1), second])).toMatchObject({ decision: 'wait' })
    expect(decide([first, second.slice(1)]).because).toContain('1 of 30 machines did not report')
  })

  it('waits for the machines that were to come first, though as many others reported', () => {
    const [first = []] = reports(1, 24)
    expect(decide([first.map((machine) => ({ ...machine, configuration: w10 }))])).toMatchObject({
      decision: 'wait',
    })
  })

  it('waits until the watch is over', () => {
    expect(decide(reports(1, 23.9)).because).toBe('ring 1 is to be watched for 24 hours, and has 23.9')
  })

  it('holds when more machines failed than may', () => {
    expect(decide(reports(2, 48, 11))).toMatchObject({ decision: 'hold', budgetLeft: -1 })
  })

  it('holds for one combination that all fails, before the budget is used up', () => {
    const count = rings.findIndex((_, at) => {
      const w11s = (place: number): number =>
        rings[place]?.take.find(({ configuration }) => configuration['build'] === 'w11')?.machines ?? 0
      return at < rings.length - 1 && w11s(at + 1) > BUDGET
    })
    const failed = decide(reports(count + 1, 500, 5, 'w11'))
    expect(failed.decision).not.toBe('go')
  })

  it('is that of the gate where the gate does not release', () => {
    expect(decide(reports(1, 24), 'hold').decision).toBe('hold')
    expect(decide(reports(1, 24), 'inconclusive').decision).toBe('wait')
  })

  it('is never go with more failures than may, whatever else was reported', () => {
    const never = (): void =>
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: rings.length }),
          fc.integer({ min: 0, max: 1000 }),
          fc.integer({ min: 0, max: 400 }),
          (count, failed, hours) => {
            const observed = reports(count, hours, failed)
            const broken = observed.flat().filter((machine) => machine.failed).length
            const early = hours < 24 && broken === 0 && count < rings.length
            const allowed = broken > BUDGET ? ['hold'] : early ? ['wait'] : ['go', 'hold', 'wait']
            return allowed.includes(decide(observed).decision)
          },
        ),
        { numRuns: 200 },
      )
    expect(never).not.toThrow()
  })
})
