/** Commands that a person can paste into a terminal. */
import type { RunData } from './run-data.ts'

/** `ringzero explain <folder of the run> <cell>`. */
export function explainCommand({ page }: RunData, cell: string): string {
  return `ringzero explain ${quoted(runFolder() ?? `runs/${page.report.run.id}`)} ${cell}`
}

/** The folder above `report/`, where the page was opened from the file system. */
function runFolder(): string | undefined {
  if (location.protocol !== 'file:') return undefined
  const folder = /^(.*)\/report\/[^/]*$/.exec(decodeURIComponent(location.pathname))?.[1]
  // Windows: /C:/runs
  return folder?.replace(/^\/(?=[A-Za-z]:)/, '')
}

/** As one word of a POSIX shell and, for names without quotes in them, of PowerShell. */
function quoted(word: string): string {
  return /^[\w./:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
