/** What changed from one run to another, for people. */
import type { CellChange, ReportDiff } from '../model/report-diff.ts'

/** Lines: what broke first. */
export function formatComparison(diff: ReportDiff): string[] {
  return [
    `${diff.before.candidate} ${diff.before.release} (${diff.before.run}) → ${diff.after.candidate} ${diff.after.release} (${diff.after.run})`,
    ...group('broken', diff.broken),
    ...group('fixed', diff.fixed),
    ...group('still failing', diff.stillFailing),
    ...group('otherwise', diff.otherwise),
    `unchanged: ${diff.unchanged}; only before: ${diff.onlyBefore}; only after: ${diff.onlyAfter}`,
    ...(diff.newSignatures.length === 0 ? [] : [`new signatures: ${diff.newSignatures.join(', ')}`]),
    ...(diff.goneSignatures.length === 0 ? [] : [`gone signatures: ${diff.goneSignatures.join(', ')}`]),
  ]
}

function group(title: string, changes: readonly CellChange[]): string[] {
  if (changes.length === 0) return []
  return [
    `${title}: ${changes.length}`,
    ...changes.map(({ configuration, before, after, appeared }) => {
      const values = Object.values(configuration).join(' · ')
      return `  ${values}: ${before} → ${after}${appeared.length === 0 ? '' : ` (${appeared.join(', ')})`}`
    }),
  ]
}
