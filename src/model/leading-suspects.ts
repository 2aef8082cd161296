/** Which suspects a person reads first. */
import type { Report, Suspect } from './report.ts'

/** Where nothing is likely. */
const POSSIBLE_SHOWN = 3

/** Of each failure the suspects that are more than possible; where there is none, the first few that are. In order of rank. */
export function leadingSuspects(suspects: readonly Suspect[]): readonly Suspect[] {
  const failures = Map.groupBy(suspects, ({ signatures }) => JSON.stringify(signatures))
  return [...failures.values()].flatMap((group) => {
    const likely = group.filter(({ support }) => support !== 'possible')
    return likely.length > 0 ? likely : group.slice(0, POSSIBLE_SHOWN)
  })
}

/** The leading suspect of the failure with this signature; of any where none is suspected of it. `suspects`: leading ones first. */
export function suspectOf(suspects: readonly Suspect[], signature: string | undefined): Suspect | undefined {
  return suspects.find(({ signatures }) => signatures.includes(signature ?? '')) ?? suspects[0]
}

/** The leading suspects of the failures that a cell has, as far as the cell holds their values. */
export function suspectsOfCell(
  leading: readonly Suspect[],
  { planned, verdict }: Pick<Report['cells'][number], 'planned' | 'verdict'>,
): readonly Suspect[] {
  const shown = new Set(verdict.symptoms.map(({ signature }) => signature))
  return leading.filter(
    ({ values, signatures }) =>
      signatures.some((signature) => shown.has(signature)) &&
      Object.entries(values).every(([axis, value]) => planned.configuration[axis] === value),
  )
}
