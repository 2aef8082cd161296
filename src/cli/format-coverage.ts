/** What a run has shown, for people. */
import { configurationText } from '../model/configuration-text.ts'
import type { RunCoverage } from '../app/cover-run.ts'
import { formatTable } from './table.ts'

/** Combinations that were not seen, told by name; the rest is counted. */
const SHOWN = 15

/** Lines for a terminal of this width. */
export function formatCoverage({ passed, combinations, fleet }: RunCoverage, width: number): string[] {
  const rows = combinations.strengths.map(({ strength, covered, feasible, infeasible, share }) => [
    `${strength}`,
    `${covered} of ${feasible}`,
    `${(100 * share).toFixed(1)} %`,
    `${infeasible}`,
  ])
  const pairs = combinations.strengths.find(({ strength }) => strength === 2)?.perAxes ?? []
  const open = pairs.filter(({ covered, feasible }) => covered < feasible)
  return [
    `seen on ${passed} passing cells`,
    ...formatTable(['values together', 'seen', 'share', 'infeasible'], rows, width),
    ...(open.length === 0
      ? []
      : [
          '',
          'pairs of axes with gaps',
          ...open.map(({ axes, covered, feasible }) => `  ${axes.join(' × ')}: ${covered} of ${feasible}`),
        ]),
    ...(combinations.uncovered.length === 0
      ? []
      : [
          '',
          'not seen',
          ...combinations.uncovered.slice(0, SHOWN).map((values) => `  ${configurationText(values)}`),
        ]),
    ...(combinations.uncovered.length > SHOWN
      ? [`  and ${combinations.uncovered.length - SHOWN}${combinations.truncated ? ' or more' : ''} others`]
      : []),
    '',
    `fleet: every combination of ${(100 * fleet.share).toFixed(1)} % of the machines was seen (${fleet.sampled ? 'estimated from the weights' : `${fleet.covered} of ${fleet.machines} machines`}${fleet.unknown > 0 ? `; ${fleet.unknown} are not in the matrix` : ''})`,
  ]
}
