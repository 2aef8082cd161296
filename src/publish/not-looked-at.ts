/** What a partner's report cannot have shown, in sentences without a name and without a count that tells one. */
import type { Partner } from '../model/partners.ts'
import type { Plan } from '../model/plan.ts'
import type { Report } from '../model/report.ts'
import { isDecided } from '../model/verdict.ts'

/** The sentences, by what makes each of them true; the last one always is. */
const SENTENCES = {
  simulated: 'Real machines: all were simulated, so nothing here says anything about real ones.',
  unfinished: 'The rest of the run, which has not come to its end.',
  part: 'The rest of the plan: a part of it was run, and the machines of the other parts are not here.',
  unregistered:
    'What was planned before the run began: nothing was signed for you then, so that a machine that was left out, or an earlier try, would not show.',
  packed: 'All other machines with your products: this is one of them, for a ticket.',
  undrilled:
    'Whether the gate can be red at all: no rehearsal of it with failures that are known came before the run.',
  absent: 'At least one of your products was on no machine of this run.',
  undecided: 'Machines with your products that have no verdict; each is listed.',
  blind: 'Something that a check could not look at on at least one of your machines.',
  waived: 'A failure that the publisher has waived for the release; its machine is listed as it failed.',
  withheld: 'Configurations with software that the lab did not have; they were left out of the plan.',
  impossible: 'Combinations that the plan calls impossible; this is taken on trust.',
  untested: 'Combinations of values that are on no machine with a verdict.',
  rare: 'Rare failures: a failure in a few of a hundred starts can stay unseen in so few attempts.',
  hidden:
    'Classes of failures that this report does not name: the machine is listed as it failed, without the class.',
  physical: 'Physical processors, devices, firmware, TPMs and power states: every machine was virtual.',
} as const

/** All of them, for whoever must know the words that stand in every report. */
export const NOT_LOOKED_AT: readonly string[] = Object.values(SENTENCES)

/** `cells`: those with a product of the partner. */
export function notLookedAt(
  cells: Report['cells'],
  {
    report,
    plan,
    partner,
    isRegistered,
    isPack,
  }: {
    readonly report: Report
    readonly plan: Plan
    readonly partner: Partner
    readonly isRegistered: boolean
    readonly isPack: boolean
  },
): string[] {
  const verdicts = cells.map(({ verdict }) => verdict)
  const withheld = (plan.withheld ?? []).length
  const holds: Readonly<Record<keyof typeof SENTENCES, boolean>> = {
    simulated: report.run.simulated,
    unfinished: report.run.state !== 'complete',
    part: report.run.shard !== undefined,
    unregistered: !isRegistered && !isPack,
    packed: isPack,
    undrilled: report.drill === undefined,
    absent: partner.products.some((id) => !cells.some(({ planned }) => planned.products.includes(id))),
    undecided: verdicts.some((verdict) => !isDecided(verdict)),
    blind: verdicts.some(({ blind }) => blind.length > 0),
    waived: verdicts.some(({ waiver }) => waiver !== undefined),
    withheld: withheld > 0,
    impossible: plan.infeasibleCount > withheld,
    untested: report.coverage.judged.some(({ covered, feasible }) => covered < feasible),
    rare: verdicts.some(({ valid }) => valid > 0),
    hidden: partner.show?.symptoms !== 'all',
    physical: true,
  }
  return (Object.keys(SENTENCES) as (keyof typeof SENTENCES)[])
    .filter((key) => holds[key])
    .map((key) => SENTENCES[key])
}
