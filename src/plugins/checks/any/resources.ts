/** Memory, disk, processors and handles: levels for the comparison with the control, growth during the soak against a budget. */
import type { Fact, FactOf } from '../../../model/observation.ts'
import type { SymptomClass } from '../../../model/symptom.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { ResourceFacts } from '../../../sdk/guest-os.ts'
import { blind, expectation, look } from '../shared/look.ts'

type Counter = Exclude<keyof ResourceFacts, 'cpuBusy' | 'memoryTotalMiB' | 'diskTotalMiB'>

interface Watched {
  readonly counter: Counter
  readonly name: string
  readonly unit: string
  /** Growth during one soak that no idle machine needs, in the unit; a share of the machine's total where that is larger. */
  readonly budget: (now: ResourceFacts) => number
  /** Differences to the control below this are noise. */
  readonly floorValue: number
}

// The floors are what an idle guest was seen to wander by; the budgets are several times that.
const WATCHED: readonly Watched[] = [
  {
    counter: 'memoryUsedMiB',
    name: 'memory',
    unit: 'MiB',
    budget: (now) => Math.max(32, now.memoryTotalMiB * 0.1),
    floorValue: 16,
  },
  {
    counter: 'kernelMemoryMiB',
    name: 'kernel-memory',
    unit: 'MiB',
    budget: (now) => Math.max(16, now.memoryTotalMiB * 0.05),
    floorValue: 8,
  },
  {
    counter: 'diskUsedMiB',
    name: 'disk',
    unit: 'MiB',
    budget: (now) => Math.max(32, now.diskTotalMiB * 0.05),
    floorValue: 16,
  },
  { counter: 'processes', name: 'processes', unit: 'processes', budget: () => 25, floorValue: 10 },
  { counter: 'handles', name: 'handles', unit: 'handles', budget: () => 1000, floorValue: 250 },
]

export const resources: Check = {
  id: 'resources',
  title: 'memory, disk, processors and handles do not run away',
  cannotSee: 'growth that is slower than the soak is long; which program uses the resource',
  moments: ['baseline', 'after-install', 'after-restart', 'after-soak'],
  os: ['linux', 'windows'],
  shows: ['resource-growth'],
  async run(target, ctx) {
    const looked = await look('resources', () => target.os.resources(target.guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const now = looked.value
    const before = target.memory.get('resources') as { starts: number; values: ResourceFacts } | undefined
    target.memory.set('resources', { starts: target.starts, values: now })
    const facts: Fact[] = [...levels(now, target), freeDisk(now)]
    if (target.moment !== 'after-soak') return facts
    if (before === undefined || before.starts !== target.starts) {
      return [...facts, blind('resources:growth', 'the machine was not measured when the soak began')]
    }
    return [...facts, ...growth(before.values, now)]
  },
}

function levels(now: ResourceFacts, target: CheckTarget): readonly Fact[] {
  return WATCHED.map(({ counter, name, unit, floorValue }) =>
    measure(`${name}:${target.moment}`, now[counter], unit, 'resource-growth', floorValue * 2, 0.25),
  )
}

/** A full disk makes every other finding doubtful. */
function freeDisk(now: ResourceFacts): Fact {
  const free = now.diskTotalMiB - now.diskUsedMiB
  return expectation('resource-growth', {
    subject: 'resources:disk-free',
    expected: 'at least 2 % of the disk is free',
    seen: `${Math.round(free)} of ${Math.round(now.diskTotalMiB)} MiB`,
    holds: free >= now.diskTotalMiB * 0.02,
  })
}

function growth(before: ResourceFacts, now: ResourceFacts): readonly Fact[] {
  const grown = WATCHED.flatMap(({ counter, name, unit, budget, floorValue }) => {
    const value = now[counter] - before[counter]
    const limit = Math.round(budget(now))
    return [
      measure(`${name}:soak-growth`, value, unit, 'resource-growth', floorValue),
      expectation('resource-growth', {
        subject: `resources:${name}-growth`,
        expected: `at most ${limit} ${unit} more after the soak`,
        seen: `${Math.round(value * 10) / 10} ${unit} more (${Math.round(before[counter])} → ${Math.round(now[counter])})`,
        holds: value <= limit,
      }),
    ]
  })
  return [
    ...grown,
    // Only compared: on a host that is shared or emulates, no share of a processor is too much by itself.
    measure('cpu-busy:soak', now.cpuBusy, 'share', 'resource-growth', 0.15),
  ]
}

function measure(
  name: string,
  value: number,
  unit: string,
  symptom: SymptomClass,
  floorValue: number,
  floorShare?: number,
): FactOf<'measure'> {
  return {
    kind: 'measure',
    name,
    value,
    unit,
    better: 'lower',
    symptom,
    floorValue,
    ...(floorShare === undefined ? {} : { floorShare }),
  }
}
