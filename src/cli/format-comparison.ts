/** What changed from one run to another, for people. */
import type { CellChange, ReportDiff } from '../model/report-diff.ts'
import { indentedText, wrapText } from './wrap-text.ts'

/** Cells of one kind, and signatures, that are told; the rest is counted and stands in the page and the document. */
const SHOWN = 20

/** Lines for a terminal of this width: what broke first. */
export function formatComparison(diff: ReportDiff, width: number): string[] {
  return [
    ...wrapText(
      `${diff.before.candidate} ${diff.before.release} (${diff.before.run}) → ${diff.after.candidate} ${diff.after.release} (${diff.after.run})`,
      width,
      3,
    ),
    ...group('broken', diff.broken, width),
    ...group('fixed', diff.fixed, width),
    ...group('still failing', diff.stillFailing, width),
    ...group('otherwise', diff.otherwise, width),
    `unchanged: ${diff.unchanged}; only before: ${diff.onlyBefore}; only after: ${diff.onlyAfter}`,
    ...signatures('new failures', diff.newSignatures, width),
    ...signatures('failures that are gone', diff.goneSignatures, width),
  ]
}

/** Cells that changed in the same way are one line with a count and the first of them. */
function group(title: string, changes: readonly CellChange[], width: number): string[] {
  if (changes.length === 0) return []
  const alike = [...Map.groupBy(changes, changeText)].toSorted(([, a], [, b]) => b.length - a.length)
  return [
    `${title}: ${changes.length}`,
    ...alike.slice(0, SHOWN).flatMap(([text, cells]) => {
      const [first] = cells
      const more = cells.length === 1 ? '' : ` and ${cells.length - 1} more`
      return [
        ...indentedText(text, 2, width, 3),
        ...indentedText(`${Object.values(first?.configuration ?? {}).join(' · ')}${more}`, 4, width, 3),
      ]
    }),
    ...rest(alike.length),
  ]
}

function changeText({ before, after, appeared }: CellChange): string {
  return `${before} → ${after}${appeared.length === 0 ? '' : `: ${appeared.join(', ')}`}`
}

function signatures(title: string, all: readonly string[], width: number): string[] {
  if (all.length === 0) return []
  return [
    `${title}: ${all.length}`,
    ...all.slice(0, SHOWN).flatMap((signature) => indentedText(signature, 2, width, 3)),
    ...rest(all.length),
  ]
}

function rest(count: number): string[] {
  return count > SHOWN ? [`  and ${count - SHOWN} more: see --html or --json`] : []
}
