/** Columns for people: aligned, cut to the terminal's width, plain text. */
import { oneLine } from '../kit/text.ts'
import { fitText, textWidth } from './wrap-text.ts'

/** Narrower than this a column says nothing. */
const MINIMUM_COLUMN = 4

/** Lines of a table whose last column takes what is left of `width`; too long cells end in "…". */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => oneLine(cell, 2000)))
  const widths = head.map((_, column) =>
    cells.reduce((widest, row) => Math.max(widest, textWidth(row[column] ?? '')), 0),
  )
  shrink(widths, width - 2 * (head.length - 1))
  const lines = cells.map((row) =>
    row.map((cell, column) => fit(cell, widths[column] ?? 0, column === row.length - 1)).join('  '),
  )
  lines.splice(1, 0, widths.map((columnWidth) => '─'.repeat(columnWidth)).join('  '))
  return lines.map((line) => line.trimEnd())
}

/** Takes from the widest column until all fit, in place. */
function shrink(widths: number[], available: number): void {
  let excess = widths.reduce((sum, one) => sum + one, 0) - available
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths))
    const current = widths[widest] ?? 0
    if (current <= MINIMUM_COLUMN) return
    widths[widest] = current - 1
    excess -= 1
  }
}

function fit(cell: string, width: number, isLast: boolean): string {
  const text = fitText(cell, width)
  return isLast ? text : text + ' '.repeat(Math.max(0, width - textWidth(text)))
}
