/** Mutants of a policy: every rule, limit, class, budget and waiver of it loosened, one at a time. Pure. */
import type { Mutant } from '../../model/kill-table.ts'
import type { Policy, PolicyRule } from '../../model/policy.ts'

export interface PolicyMutant extends Mutant {
  readonly of: 'policy'
  readonly policy: Policy
  /** What a run must show so that the policy and its mutant decide otherwise. */
  readonly wouldKill: string
}

const LONG_AGO_AND_FAR = '2999-12-31'

/** All mutants of the policy, each with a name that says what was loosened. A policy of one rule keeps it: an empty one is no policy. */
export function policyMutants(policy: Policy): PolicyMutant[] {
  const make = (what: string, changed: Partial<Policy>, wouldKill: string): PolicyMutant => ({
    id: `policy ${policy.id}: ${what}`,
    of: 'policy',
    what,
    policy: { ...policy, ...changed },
    wouldKill,
  })
  const rules = policy.rules.flatMap((rule, index) => {
    const others = policy.rules.toSpliced(index, 1)
    return [
      ...(others.length === 0
        ? []
        : [
            make(
              `rule ${rule.id} is dropped`,
              { rules: others },
              `a run that misses the rule ${rule.id} alone`,
            ),
          ]),
      ...loosened(rule).map(({ what, changed, wouldKill }) =>
        make(`rule ${rule.id}: ${what}`, { rules: policy.rules.with(index, changed) }, wouldKill),
      ),
    ]
  })
  const budgets = (policy.budgets ?? []).flatMap((budget, index) => {
    const all = policy.budgets ?? []
    const over = `a run in which ${budget.measure} is over its budget, and nothing else is wrong`
    return [
      make(`budget of ${budget.measure} is dropped`, { budgets: all.toSpliced(index, 1) }, over),
      ...(['absolute', 'relative'] as const).flatMap((limit) =>
        budget[limit] === undefined
          ? []
          : [
              make(
                `budget of ${budget.measure}: ${limit} limit doubled`,
                { budgets: all.with(index, { ...budget, [limit]: budget[limit] * 2 }) },
                `${over}, by less than twice`,
              ),
            ],
      ),
    ]
  })
  const waivers = (policy.waivers ?? []).flatMap((waiver, index) => {
    const all = policy.waivers ?? []
    const { cells: _, ...everywhere } = waiver
    const other = `a run that fails as ${waiver.signature}`
    return [
      make(
        `waiver ${waiver.id} covers every failure`,
        { waivers: all.with(index, { ...waiver, signature: '*' }) },
        'a run that fails in another way, of a class that may be waived',
      ),
      make(
        `waiver ${waiver.id} never expires`,
        { waivers: all.with(index, { ...waiver, expires: LONG_AGO_AND_FAR }) },
        `${other} after ${waiver.expires}`,
      ),
      ...(waiver.cells === undefined
        ? []
        : [
            make(
              `waiver ${waiver.id} counts on every cell`,
              { waivers: all.with(index, everywhere) },
              `${other} on another cell`,
            ),
          ]),
    ]
  })
  return [...rules, ...budgets, ...waivers, ...drillMutants(policy, make)]
}

interface Loosened {
  readonly what: string
  readonly changed: PolicyRule
  readonly wouldKill: string
}

function loosened(rule: PolicyRule): Loosened[] {
  const { metric, atMost, atLeast, minimumCells, symptoms, waivable } = rule
  const counts = metric.endsWith('-cells') || metric === 'starts'
  const higher = (value: number): number => (counts ? value + 1 : value * 1.5)
  const lower = (value: number): number => (counts ? value - 1 : value * 0.95)
  return [
    ...(atMost === undefined
      ? []
      : [
          {
            what: `at most ${higher(atMost)} instead of ${atMost}`,
            changed: { ...rule, atMost: higher(atMost) },
            wouldKill: `a run with ${metric} above ${atMost} and not above ${higher(atMost)}, and nothing else wrong`,
          },
        ]),
    ...(atLeast === undefined
      ? []
      : [
          {
            what: `at least ${lower(atLeast)} instead of ${atLeast}`,
            changed: { ...rule, atLeast: lower(atLeast) },
            wouldKill: `a run with ${metric} below ${atLeast} and not below ${lower(atLeast)}, and nothing else wrong`,
          },
        ]),
    ...(minimumCells === undefined || minimumCells < 2
      ? []
      : [
          {
            what: `${minimumCells - 1} cells are enough instead of ${minimumCells}`,
            changed: { ...rule, minimumCells: minimumCells - 1 },
            wouldKill: `a run of ${minimumCells - 1} cells, all good`,
          },
        ]),
    ...(symptoms ?? []).map((name) => ({
      what: `${name} does not count`,
      changed: { ...rule, symptoms: (symptoms ?? []).filter((one) => one !== name) },
      wouldKill: `a run that fails by ${name} alone, which no other rule counts`,
    })),
    ...(waivable === true || metric !== 'failing-cells'
      ? []
      : [
          {
            what: 'may be waived',
            changed: { ...rule, waivable: true },
            wouldKill: 'a run whose failure is covered by a waiver',
          },
        ]),
  ]
}

function drillMutants(
  { drill }: Policy,
  make: (what: string, changed: Partial<Policy>, wouldKill: string) => PolicyMutant,
): PolicyMutant[] {
  if (drill === undefined) return []
  const { notOlderThanHours, mustCover = [] } = drill
  return [
    make('no drill is wanted', { drill: undefined }, 'a good run that no drill came before'),
    make(
      `a drill may be ${2 * notOlderThanHours} hours old`,
      { drill: { ...drill, notOlderThanHours: 2 * notOlderThanHours } },
      `a good run ${1.5 * notOlderThanHours} hours after its drill`,
    ),
    ...mustCover.map((name) =>
      make(
        `the drill need not cover ${name}`,
        { drill: { ...drill, mustCover: mustCover.filter((one) => one !== name) } },
        `a good run after a drill that covered all but ${name}`,
      ),
    ),
  ]
}
