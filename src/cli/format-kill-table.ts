/** The table of killed mutants in words. */
import { killedShare, type KillTable, type Mutant, type MutantResult } from '../model/kill-table.ts'
import { wrapText } from './wrap-text.ts'

/** Of one sentence. */
const LINES = 6

const TITLES: Readonly<Record<Mutant['of'], string>> = {
  policy: 'of the policy',
  check: 'of checks',
  judge: 'of the judge',
}

/** One line for each kind of mutants, then the survivors by name, with the journal that would kill each. */
export function formatKillTable(table: KillTable, width: number): readonly string[] {
  const { counts, survivors, journals } = table
  const kinds = Object.entries(TITLES).map(([of, title]) => {
    const { mutants, killed, explained } = counts[of as Mutant['of']]
    const rest = explained === 0 ? '' : `, ${explained} cannot be`
    return `${title}: ${killed} of ${mutants} killed${rest}`
  })
  const [unexplained, explained] = [
    survivors.filter((mutant) => mutant.explained === undefined),
    survivors.filter((mutant) => mutant.explained !== undefined),
  ]
  const section = (title: string, list: readonly MutantResult[]): string[] =>
    list.length === 0 ? [] : ['', title, ...list.flatMap((mutant) => survivorLines(mutant, width))]
  return [
    ...wrapText(
      `${(100 * killedShare(table)).toFixed(1)} % of the mutants are killed by ${journals} recorded journals.`,
      width,
      LINES,
    ),
    ...kinds.map((line) => `  ${line}`),
    ...section('Survivors: nothing that was recorded shows a gate with this fault', unexplained),
    ...section('Survivors that no journal can kill', explained),
  ]
}

function survivorLines({ id, wouldKill, explained }: MutantResult, width: number): string[] {
  const why = explained ?? `would be killed by ${wouldKill ?? 'nothing that is known'}`
  const indented = (text: string, by: number): string[] =>
    wrapText(text, width - by, LINES).map((line) => `${' '.repeat(by)}${line}`)
  return [...indented(id, 2), ...indented(why, 6)]
}
