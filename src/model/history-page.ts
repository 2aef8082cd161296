/** What the page of many runs draws. */
import type { History } from './history.ts'
import type { ReportDiff } from './report-diff.ts'

export interface HistoryPage {
  readonly toolVersion: string
  readonly history: History
  /** For each run the address of its own page, relative to this one; null where it has none. */
  readonly links: readonly (string | null)[]
  /** Only where two runs are compared cell by cell. */
  readonly changes?: ReportDiff
}
