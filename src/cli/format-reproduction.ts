/** What a reproduction showed, in lines. */
import type { Reproduced } from '../app/reproduce-cell.ts'
import { EXIT } from './exit-codes.ts'

/** The first line is the answer. */
export function formatReproduction({ cell, told, reproduction, statement }: Reproduced): string[] {
  const { result, differs, seen } = reproduction
  const answer = {
    same: `reproduced: ${cell} is ${seen.outcome} here, too${seen.symptoms.length === 0 ? '' : `, with the same failure: ${seen.symptoms.join('; ')}`}`,
    other: `not reproduced: ${cell} is ${told.outcome} in the report`,
    open: `nothing can be said of ${cell}`,
  }[result]
  return [
    answer,
    ...differs.map((text) => `  ${text}`),
    ...(statement === undefined ? [] : [`countersigned: ${statement}`]),
  ]
}

/** 0 the same, 1 not, 3 open; a run that was interrupted or that a fault of ours or of a plugin ended has its own. */
export function reproductionCode({ reproduction, outcome }: Reproduced): number {
  if (outcome.ended === 'interrupted') return EXIT.interrupted
  if (outcome.pluginFaults + outcome.toolFaults + outcome.standingFaults > 0) return EXIT.toolFault
  return { same: EXIT.done, other: EXIT.hold, open: EXIT.inconclusive }[reproduction.result]
}

/** The same for machines. */
export function reproductionDocument({ outcome, ...told }: Reproduced): object {
  return { schema: 'ringzero/reproduction/1', ...told, run: outcome.runFolder }
}
