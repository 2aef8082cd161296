/** Commands that a person can paste into a terminal. */
import { isIsolationStage } from '../../model/isolation-stage.ts'
import type { PageCell } from '../../model/report-page.ts'
import type { RunData } from './run-data.ts'

/** `ringzero explain <folder of the run> <cell>`. */
export function explainCommand({ page }: RunData, cell: string): string {
  return `ringzero explain ${folderOf(page.report.run.id)} ${cell}`
}

/** Runs the cell once more as it was planned, on the lab of its run. Cells that a run added stand in no plan. */
export function reproduceCommand({ page }: RunData, cell: PageCell): string | undefined {
  if (isIsolationStage(cell.stage)) return undefined
  return `ringzero run --plan ${folderOf(page.report.run.id)} --only ${cell.id}`
}

function folderOf(run: string): string {
  return quoted(runFolder() ?? `runs/${run}`)
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
