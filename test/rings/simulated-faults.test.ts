/**
 * 1,000 seeded faults in a fleet, none of which the lab has shown, deployed ring by ring as the plan and the decisions say.
 *
 * Nothing here uses a formula of the planner: a fault is a combination of values and a probability, every cell of the lab and every
 * machine of the field draws its own lot, and what breaks is counted.
 *
 * The best plan that knew the fault knows whether the fleet can bear it (its machines × its rate are within the budget). Where the
 * fleet cannot, that plan does not deploy to the machines of the fault at all, and there is no time to compare. Where it can, that plan
 * needs two rings: a first one, since the owner of the fleet wants every update to run for the soak time somewhere before all have it,
 * and then everybody. It reaches the whole fleet at the soak time. A plan keeps up with it when most deployments of the fault do.
 */
import { describe, expect, it } from 'vitest'
import { failureRateBounds } from '../../src/judge/statistics/failure-rate.ts'
import { seededRandom } from '../../src/kit/random.ts'
import type { Configuration } from '../../src/model/matrix.ts'
import type { ObservedMachine } from '../../src/model/rings.ts'
import { decideRing } from '../../src/rings/decide-ring.ts'
import { fleetClasses, labTries, type LabCell } from '../../src/rings/fleet-classes.ts'
import { planRings } from '../../src/rings/plan-rings.ts'

const FAULTS = 1000
/** Deployments of each fault, of which the mean is the expected damage. */
const DEPLOYMENTS = 12
const BUDGET = 25
const SOAK_HOURS = 168
const AXES: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  build: [
    ['w10', 0.3],
    ['w11-23', 0.45],
    ['w11-24', 0.25],
  ],
  vendor: [
    ['one', 0.6],
    ['two', 0.37],
    ['rare', 0.03],
  ],
  product: [
    ['none', 0.5],
    ['backup', 0.3],
    ['vpn', 0.2],
  ],
  memory: [
    ['low', 0.35],
    ['high', 0.65],
  ],
}

type Random = () => number

function drawConfiguration(random: Random): Configuration {
  return Object.fromEntries(
    Object.entries(AXES).map(([axis, values]) => {
      let lot = random()
      const found = values.find(([, share]) => (lot -= share) < 0) ?? values[0]
      return [axis, found?.[0] ?? '']
    }),
  )
}

/** Equal configurations are one object, so that a fault is compared once with each. */
function drawFleet(random: Random, machines: number): Configuration[] {
  const known = new Map<string, Configuration>()
  return Array.from({ length: machines }, () => {
    const drawn = drawConfiguration(random)
    const key = Object.values(drawn).join()
    const one = known.get(key) ?? drawn
    known.set(key, one)
    return one
  })
}

interface Fault {
  readonly values: Configuration
  readonly probability: number
}

/** One to three values, or none: then it is for a reason that no axis shows. */
function drawFault(random: Random): Fault {
  const whole = drawConfiguration(random)
  const axes = Object.keys(AXES)
    .map((axis) => ({ axis, lot: random() }))
    .toSorted((a, b) => a.lot - b.lot)
    .slice(0, Math.floor(random() * 4))
  return {
    values: Object.fromEntries(axes.map(({ axis }) => [axis, whole[axis] ?? ''])),
    probability: 10 ** (-3.5 + 3.5 * random()),
  }
}

const hits = ({ values }: Fault, configuration: Configuration): boolean =>
  Object.entries(values).every(([axis, value]) => configuration[axis] === value)

const random = seededRandom(20_261_128)
const fleet = drawFleet(random, 2000)
/** A lab that saw nine of the 54 configurations three times each. */
const cells: LabCell[] = drawFleet(random, 9).map((configuration) => ({
  configuration,
  failed: false,
  valid: 3,
  recovery: [],
}))
const classes = fleetClasses(fleet, cells, [], failureRateBounds)
const plan = planRings(
  classes,
  labTries(cells, 3),
  { budget: BUDGET, rate: 0.01, startsPerDay: 1, minimumHours: 24, soakHours: SOAK_HOURS },
  failureRateBounds,
)

/** A fault that all attempts in the lab happened to miss. */
function missedFault(): Fault {
  for (;;) {
    const fault = drawFault(random)
    const shown = cells.some(
      ({ configuration, valid }) =>
        hits(fault, configuration) &&
        Array.from({ length: valid }, random).some((lot) => lot < fault.probability),
    )
    if (!shown) return fault
  }
}

/** What broke until everything stopped, and when the whole fleet had it; undefined when it never had. */
function deploy(fault: Fault): { readonly broken: number; readonly reachedAt: number | undefined } {
  const observed: ObservedMachine[][] = []
  let broken = 0
  for (const ring of plan.rings) {
    const machines = ring.take.flatMap(({ configuration, machines: count }) =>
      Array.from({ length: count }, (): ObservedMachine => ({
        configuration,
        failed: hits(fault, configuration) && random() < fault.probability,
        // All are watched until the next ring may begin.
        hours: plan.hours + ring.watchHours,
      })),
    )
    broken += machines.filter(({ failed }) => failed).length
    observed.push(machines)
    if (ring === plan.rings.at(-1)) return { broken, reachedAt: ring.startsAtHour }
    if (decideRing(plan.rings, observed, BUDGET, 'release', failureRateBounds).decision !== 'go') break
  }
  return { broken, reachedAt: undefined }
}

describe('1,000 faults that the lab did not see', () => {
  const results = Array.from({ length: FAULTS }, () => {
    const fault = missedFault()
    const deployments = Array.from({ length: DEPLOYMENTS }, () => deploy(fault))
    const holders = fleet.filter((configuration) => hits(fault, configuration)).length
    return {
      fault,
      expected: deployments.reduce((sum, { broken }) => sum + broken, 0) / DEPLOYMENTS,
      withoutPlan: holders * fault.probability,
      deployments,
    }
  })
  const bearable = results.filter(({ withoutPlan }) => withoutPlan <= BUDGET)

  it('are faults worth planning for: many would break more than may, many are bearable', () => {
    expect(results.length - bearable.length).toBeGreaterThan(150)
    expect(bearable.length).toBeGreaterThan(150)
    expect(plan.rings.length).toBeGreaterThan(2)
  })

  it('break no more machines than the budget, expected, in at least 95 %', () => {
    const within = results.filter(({ expected }) => expected <= BUDGET).length
    expect(within / FAULTS).toBeGreaterThanOrEqual(0.95)
  })

  it('that the fleet can bear do not keep it from the update: at most 1.5 times later than a plan that knew them', () => {
    const inTime = bearable.map(
      ({ deployments }) =>
        deployments.filter(({ reachedAt }) => reachedAt !== undefined && reachedAt <= 1.5 * SOAK_HOURS)
          .length,
    )
    const faults = inTime.filter((count) => count > DEPLOYMENTS / 2).length
    expect(faults / bearable.length).toBeGreaterThanOrEqual(0.95)
    // Of single deployments some stop though the fleet could bear the fault: by chance more broke early than its rate says.
    const deployed = inTime.reduce((sum, count) => sum + count, 0)
    expect(deployed / (bearable.length * DEPLOYMENTS)).toBeGreaterThanOrEqual(0.9)
  })
})
