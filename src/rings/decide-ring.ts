/** What the field saw of the rings so far → go on, hold, or wait. Pure. */
import { canonicalJson } from '../kit/hash.ts'
import type { Configuration } from '../model/matrix.ts'
import type { ObservedMachine, Ring, RingDecision, RingPlan } from '../model/rings.ts'
import { combinationsOf } from './fleet-classes.ts'

/** Bounds of a failure rate from failures and tries. */
type Bounds = (failing: number, tries: number) => { readonly high: number }

/**
 * Decides on the ring after the observed ones. Hold beats wait beats go: too many failures for what is left of the budget hold;
 * machines that did not report, a watch that is too short, or failures that may mean too much make it wait. A candidate that the gate
 * does not release goes nowhere: held by the gate it is held here, without enough evidence it waits.
 * @param observed of each ring, in order, the machines that reported
 * @param gate what the run itself allows
 */
export function decideRing(
  rings: readonly Ring[],
  observed: readonly (readonly ObservedMachine[])[],
  budget: number,
  gate: RingPlan['gate'],
  bounds: Bounds,
): RingDecision {
  const machines = observed.flat()
  const failed = machines.filter((machine) => machine.failed).length
  const next = rings[observed.length]
  const current = rings[observed.length - 1]
  const facts = {
    nextRing: observed.length + 1,
    failed,
    reported: machines.length,
    budgetLeft: budget - failed,
  }
  const decide = (decision: RingDecision['decision'], because: string): RingDecision => ({
    decision,
    because,
    ...facts,
  })
  if (failed > budget) return decide('hold', `${failed} machines failed, and ${budget} may`)
  if (gate === 'hold') return decide('hold', 'the gate holds this candidate')
  const risk = failed === 0 ? undefined : worstRisk(machines, next, budget - failed)
  if (risk !== undefined)
    return decide(
      'hold',
      `${risk.failed} of ${risk.machines} machines with ${risk.name} failed: ring ${facts.nextRing} has ${risk.next} of them, and ${budget - failed} more may break`,
    )
  if (gate !== 'release')
    return decide('wait', 'the gate has not released this candidate: the run is inconclusive')
  if (next === undefined || current === undefined)
    return decide('go', current === undefined ? 'nothing was deployed yet' : 'all rings have it')
  const silent = silentMachines(rings.slice(0, observed.length), observed)
  if (silent > 0)
    return decide(
      'wait',
      `${silent} of ${current.cumulative} machines did not report: a machine that no longer starts says nothing`,
    )
  const shortest = (observed.at(-1) ?? []).reduce(
    (least, { hours, failed: broken }) => (broken ? least : Math.min(least, hours)),
    Infinity,
  )
  if (shortest < current.watchHours)
    return decide(
      'wait',
      `ring ${current.ring} is to be watched for ${current.watchHours} hours, and has ${shortest}`,
    )
  const first = (observed[0] ?? []).reduce(
    (least, { hours, failed: broken }) => (broken ? least : Math.min(least, hours)),
    Infinity,
  )
  if (first < next.startsAtHour)
    return decide(
      'wait',
      `ring ${next.ring} begins when the first machines have had it for ${next.startsAtHour} hours, and they have had it for ${first}`,
    )
  const high = bounds(failed, machines.length).high
  if (failed > 0 && high * next.machines > budget - failed)
    return decide(
      'wait',
      `${failed} of ${machines.length} machines failed; with 95 % certainty at most ${(high * next.machines).toFixed(0)} of ring ${next.ring} would, and ${budget - failed} may: find the cause first`,
    )
  return decide(
    'go',
    `${failed} of ${machines.length} machines failed after ${current.watchHours} hours of watching`,
  )
}

/** Machines of each ring and configuration that were to get the update and did not report. */
function silentMachines(rings: readonly Ring[], observed: readonly (readonly ObservedMachine[])[]): number {
  return rings.reduce((sum, { take }, place) => {
    const reported = new Map<string, number>()
    for (const { configuration } of observed[place] ?? []) {
      const key = canonicalJson(configuration)
      reported.set(key, (reported.get(key) ?? 0) + 1)
    }
    return (
      sum +
      take.reduce(
        (missing, { configuration, machines }) =>
          missing + Math.max(0, machines - (reported.get(canonicalJson(configuration)) ?? 0)),
        0,
      )
    )
  }, 0)
}

interface Risk {
  readonly name: string
  readonly failed: number
  readonly machines: number
  readonly next: number
}

/** The combination of up to two values whose failures so far break most of the budget in the next ring; undefined when none does. */
function worstRisk(
  machines: readonly ObservedMachine[],
  next: Ring | undefined,
  left: number,
): Risk | undefined {
  if (next === undefined) return undefined
  const names = (configuration: Configuration): string[] => ['any value', ...combinationsOf(configuration, 2)]
  const seen = new Map<string, { failed: number; machines: number; next: number }>()
  for (const { configuration, failed } of machines)
    if (failed) for (const name of names(configuration)) seen.set(name, { failed: 0, machines: 0, next: 0 })
  for (const { configuration, failed } of machines)
    for (const name of names(configuration)) {
      const entry = seen.get(name)
      if (entry === undefined) continue
      entry.machines += 1
      if (failed) entry.failed += 1
    }
  for (const { configuration, machines: more } of next.take)
    for (const name of names(configuration)) {
      const entry = seen.get(name)
      if (entry !== undefined) entry.next += more
    }
  const risks = [...seen]
    .map(([name, entry]) => ({ name, ...entry, expected: (entry.failed / entry.machines) * entry.next }))
    .filter(({ expected }) => expected > left)
    .toSorted((a, b) => b.expected - a.expected || a.name.length - b.name.length)
  return risks[0]
}
