import type { CellDetail, PageCell } from '../../model/report-page.ts'
import type { RunData } from './run-data.ts'

/** What each tab of a cell gets. */
export interface CellPart {
  readonly run: RunData
  readonly cell: PageCell
  readonly detail: CellDetail
}
