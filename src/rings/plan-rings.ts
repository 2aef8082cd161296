/**
 * Sizes, order and watch of the rings in which an update goes to a fleet, so that a fault which the lab left possible breaks no more
 * machines than the budget, in expectation. Pure.
 *
 * What it rests on: a ring is watched before the next one starts, and the first failures that say too much stop everything
 * (`decide-ring.ts`). A fault breaks a share p of the machines that have some combination of values, or some share of all machines
 * for a reason that no axis shows. Of p the lab knows an upper bound where cells had the combination.
 */
import type { Ring } from '../model/rings.ts'
import { combinationsOf, type FleetClass, type LabTries, type RateBounds } from './fleet-classes.ts'

export interface RingSettings {
  /** Machines that may break. */
  readonly budget: number
  /** Share of starts: how rare a failure the watch should see. */
  readonly rate: number
  readonly startsPerDay: number
  /** Shortest watch of a ring. */
  readonly minimumHours: number
  /** The first machines have run so long before the last ring begins: slow failures (leaks, hangs) need it. */
  readonly soakHours: number
}

export interface RingSchedule {
  readonly rings: readonly Ring[]
  readonly worstExpected: number
  readonly hours: number
}

/** Values of a fault that are looked at together. */
const FAULT_VALUES = 3
/** Growths that are tried: machines of a ring for each machine of all rings before. */
const GROWTHS = [0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96]
/** Failure rates that are tried for each possible fault, from 1 in 10,000 to all. */
const RATES = Array.from({ length: 25 }, (_, step) => 10 ** (-4 + (4 * step) / 24))
const CERTAINTY = 0.95

/**
 * The quickest schedule whose worst expected damage is within the budget; of equally quick ones the one with the least damage. Where
 * none is within the budget, the one with the least damage.
 */
export function planRings(
  classes: readonly FleetClass[],
  tries: LabTries,
  settings: RingSettings,
  bounds: RateBounds,
): RingSchedule {
  const wanted = classes.filter(({ lab }) => lab !== 'failed')
  const total = wanted.reduce((sum, { machines }) => sum + machines, 0)
  if (total === 0) return { rings: [], worstExpected: 0, hours: 0 }
  const faults = possibleFaults(wanted, tries, bounds)
  const schedules = GROWTHS.map((growth) => {
    const sizes = ringSizes(total, settings.budget, growth)
    const taken = takeMachines(wanted, sizes)
    return { taken, worst: worstExpected(taken, faults), ...timesOf(sizes, settings) }
  })
  const within = schedules.filter(({ worst }) => worst <= settings.budget)
  const [best] =
    within.length > 0
      ? within.toSorted((a, b) => a.hours - b.hours || a.worst - b.worst)
      : schedules.toSorted((a, b) => a.worst - b.worst || a.hours - b.hours)
  if (best === undefined) return { rings: [], worstExpected: 0, hours: 0 }
  const rings = best.times.map((time, at): Ring => ({
    ...time,
    take: wanted.flatMap((entry, place) => {
      const machines = best.taken[at]?.[place] ?? 0
      return machines === 0
        ? []
        : [{ configuration: entry.configuration, machines, because: reasonOf(entry) }]
    }),
  }))
  return { rings, worstExpected: best.worst, hours: best.hours }
}

/** Tries that show a failure of this rate at least once, with 95 % certainty. */
export function triesToSee(rate: number): number {
  return rate >= 1 ? 1 : Math.ceil(Math.log(1 - CERTAINTY) / Math.log1p(-rate))
}

/** The first ring can break whole and stay within the budget. */
function ringSizes(total: number, budget: number, growth: number): number[] {
  const sizes = [Math.min(total, Math.max(1, Math.floor(budget)))]
  for (let sum = sizes[0] ?? 0; sum < total;) {
    const next = Math.min(total - sum, Math.max(1, Math.floor(sum * growth)))
    // A rest that is smaller than half a ring is no ring of its own.
    const size = total - sum - next < next / 2 ? total - sum : next
    sizes.push(size)
    sum += size
  }
  return sizes
}

type Time = Omit<Ring, 'take'>

function timesOf(
  sizes: readonly number[],
  { budget, rate, startsPerDay, minimumHours, soakHours }: RingSettings,
): { readonly times: readonly Time[]; readonly hours: number } {
  const times: Time[] = []
  let [cumulative, at] = [0, 0]
  for (const [index, machines] of sizes.entries()) {
    cumulative += machines
    const next = sizes[index + 1]
    const isLast = next === undefined
    const startsAtHour = isLast && index > 0 ? Math.max(at, soakHours) : at
    const hoursFor = (wanted: number): number => (24 * triesToSee(wanted)) / (cumulative * startsPerDay)
    const watchHours = Math.max(minimumHours, hoursFor(isLast ? rate : Math.min(1, budget / next)))
    at = startsAtHour + watchHours
    times.push({
      ring: index + 1,
      machines,
      cumulative,
      startsAtHour: rounded(startsAtHour),
      watchHours: rounded(watchHours),
      seesRate: 1 - (1 - CERTAINTY) ** (24 / (cumulative * startsPerDay * watchHours)),
      hoursToSeeRate: rounded(hoursFor(rate)),
      haltAt: haltAt(cumulative, next ?? 0, budget),
    })
  }
  return { times, hours: times.at(-1)?.startsAtHour ?? 0 }
}

/** Fewest failures of `seen` machines after which the next ring is expected to break what is left of the budget. */
export function haltAt(seen: number, next: number, budget: number): number {
  for (let failed = 1; failed <= budget; failed += 1)
    if ((failed / seen) * next > budget - failed) return failed
  return Math.floor(budget) + 1
}

/** A little up, never down: less watching than promised would be a broken promise. */
function rounded(hours: number): number {
  return Math.max(0, Math.ceil(hours * 10 - 1e-9)) / 10
}

/**
 * Machines of each class in each ring. First one of each class that is in no ring yet, the riskiest first, so that a class meets the
 * update in small numbers; what room is left goes to all classes by their size.
 */
function takeMachines(classes: readonly FleetClass[], sizes: readonly number[]): number[][] {
  const left = classes.map(({ machines }) => machines)
  const met = classes.map(() => false)
  return sizes.map((size) => {
    const taken = classes.map(() => 0)
    let room = size
    for (const place of classes.keys()) {
      if (room === 0 || met[place] === true) continue
      taken[place] = 1
      left[place] = (left[place] ?? 0) - 1
      met[place] = true
      room -= 1
    }
    for (const [place, more] of proportional(left, room).entries()) {
      taken[place] = (taken[place] ?? 0) + more
      left[place] = (left[place] ?? 0) - more
    }
    return taken
  })
}

/** `room` divided in proportion, whole numbers by largest remainder, no class more than it has. */
function proportional(left: readonly number[], room: number): number[] {
  const total = left.reduce((sum, count) => sum + count, 0)
  if (total === 0 || room === 0) return left.map(() => 0)
  const exact = left.map((count) => (count * Math.min(room, total)) / total)
  const shares = exact.map(Math.floor)
  const open = Math.min(room, total) - shares.reduce((sum, count) => sum + count, 0)
  const byRemainder = exact.map((share, place) => ({ place, rest: share - Math.floor(share) }))
  for (const { place } of byRemainder.toSorted((a, b) => b.rest - a.rest || a.place - b.place).slice(0, open))
    shares[place] = (shares[place] ?? 0) + 1
  return shares
}

interface PossibleFault {
  /** Places of the classes that it would break. */
  readonly classes: readonly number[]
  /** Highest share of these machines that it can break and not have shown in the lab. */
  readonly most: number
}

function possibleFaults(
  classes: readonly FleetClass[],
  tries: LabTries,
  bounds: RateBounds,
): PossibleFault[] {
  const holders = new Map<string, number[]>()
  for (const [place, { configuration }] of classes.entries())
    for (const key of combinationsOf(configuration, FAULT_VALUES)) {
      const known = holders.get(key)
      if (known === undefined) holders.set(key, [place])
      else known.push(place)
    }
  return [...holders].map(([key, places]) => ({ classes: places, most: bounds(0, tries.get(key) ?? 0).high }))
}

/** Over all possible faults and a fault of the whole fleet that no axis shows: machines that are expected to break until it is seen. */
function worstExpected(taken: readonly (readonly number[])[], faults: readonly PossibleFault[]): number {
  const whole = taken.map((ring) => ring.reduce((sum, count) => sum + count, 0))
  let worst = RATES.reduce((most, rate) => Math.max(most, expectedBroken(whole, rate)), 0)
  for (const { classes, most } of faults) {
    const exposed = taken.map((ring) => classes.reduce((sum, place) => sum + (ring[place] ?? 0), 0))
    for (const rate of RATES) {
      worst = Math.max(worst, expectedBroken(exposed, Math.min(rate, most)))
      if (rate >= most) break
    }
  }
  return worst
}

/** Each ring breaks its share, unless one before it showed the fault. */
function expectedBroken(exposed: readonly number[], rate: number): number {
  let [broken, seen] = [0, 0]
  for (const machines of exposed) {
    broken += machines * rate * (rate >= 1 ? (seen === 0 ? 1 : 0) : Math.exp(seen * Math.log1p(-rate)))
    seen += machines
  }
  return broken
}

function reasonOf({ lab, unseen }: FleetClass): string {
  if (lab === 'unseen')
    return `the lab did not see ${unseen.slice(0, 2).join(', ')}${unseen.length > 2 ? ` and ${unseen.length - 2} more` : ''}`
  return lab === 'tested' ? 'tested as it is' : 'each pair of its values was seen, not all together'
}
