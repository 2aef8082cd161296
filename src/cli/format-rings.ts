/** The rings of a deployment, for people. */
import { configurationText } from '../model/configuration-text.ts'
import type { RingPlan } from '../model/rings.ts'
import { formatTable } from './table.ts'
import { wrapText } from './wrap-text.ts'

/** Configurations that are listed by name under one head. */
const SHOWN = 6
/** Lines of one sentence. */
const LINES = 8

/** Lines for a terminal of this width: the rings, what comes first and why, what to watch, recovery, warnings, the decision. */
export function formatRings(plan: RingPlan, width: number): string[] {
  const { candidate, decision } = plan
  const wrapped = (text: string): string[] => wrapText(text, width, LINES)
  const listed = (text: string): string[] =>
    wrapText(text, width - 4, LINES).map((line, at) => `${at === 0 ? '  ' : '    '}${line}`)
  return [
    ...wrapped(
      `${candidate.id} ${candidate.release}: ${plan.fleet} machines, of which ${plan.budget} may break; the worst fault that the lab left possible is expected to break ${plan.worstExpected.toFixed(1)}; the whole fleet has it after ${plan.hours} hours`,
    ),
    '',
    ...formatTable(
      ['ring', 'machines', 'begins', 'watch', `sees ${percent(plan.rate)} in`, 'halt at'],
      plan.rings.map(({ ring, machines, startsAtHour, watchHours, hoursToSeeRate, haltAt }) => [
        String(ring),
        String(machines),
        `${startsAtHour} h`,
        `${watchHours} h`,
        `${hoursToSeeRate} h`,
        `${haltAt} failed`,
      ]),
      width,
    ),
    '',
    'first in ring 1',
    ...(plan.rings[0]?.take ?? [])
      .slice(0, SHOWN)
      .flatMap(({ configuration, machines, because }) =>
        listed(`${machines} of ${configurationText(configuration)}: ${because}`),
      ),
    ...more((plan.rings[0]?.take.length ?? 0) - SHOWN),
    ...(plan.heldBack === 0
      ? []
      : wrapped(`held back: ${plan.heldBack} machines with a combination that fails in the lab`)),
    'watch',
    ...plan.watch.flatMap(listed),
    'recovery proven in the lab',
    ...recoveryLines(plan).flatMap(listed),
    ...plan.warnings.flatMap((warning) => wrapped(`warning: ${warning}`)),
    ...(decision === undefined
      ? []
      : [
          '',
          ...wrapped(`${decision.decision.toUpperCase()} on ring ${decision.nextRing}: ${decision.because}`),
        ]),
  ]
}

/** Each recovery step with the configurations on which the lab has proven it, and how many have none. */
function recoveryLines({ configurations }: RingPlan): string[] {
  const steps = Map.groupBy(
    configurations.flatMap((entry) => entry.recovery.map((step) => ({ step, entry }))),
    ({ step }) => step,
  )
  const unproven = configurations.filter(({ recovery }) => recovery.length === 0)
  const machines = unproven.reduce((sum, entry) => sum + entry.machines, 0)
  return [
    ...[...steps].map(([step, found]) => {
      const names = found.slice(0, SHOWN).map(({ entry }) => configurationText(entry.configuration))
      const rest = found.length > SHOWN ? [`${found.length - SHOWN} more`] : []
      return `${step}: ${[...names, ...rest].join('; ')}`
    }),
    `none: ${unproven.length} configurations, ${machines} machines`,
  ]
}

function more(count: number): string[] {
  return count > 0 ? [`  and ${count} more configurations`] : []
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}
