/** Which suspects a person reads first. */
import type { Suspect } from './report.ts'

/** Where nothing is likely. */
const POSSIBLE_SHOWN = 3

/** The suspects that are more than possible; where there is none, the first few that are. In order of rank. */
export function leadingSuspects(suspects: readonly Suspect[]): readonly Suspect[] {
  const likely = suspects.filter(({ support }) => support !== 'possible')
  return likely.length > 0 ? likely : suspects.slice(0, POSSIBLE_SHOWN)
}
