/** What changed from one run to another: `ringzero compare --json`. */
import type { Outcome } from './verdict.ts'

export interface CellChange {
  readonly configuration: Readonly<Record<string, string>>
  readonly before: Outcome
  readonly after: Outcome
  /** Signatures that only the later run shows, and only the earlier. */
  readonly appeared: readonly string[]
  readonly vanished: readonly string[]
}

export interface ReportDiff {
  readonly schema: 'ringzero/compare/1'
  readonly before: { readonly run: string; readonly candidate: string; readonly release: string }
  readonly after: { readonly run: string; readonly candidate: string; readonly release: string }
  /** Cells that failed in neither, one or both runs, or lost or gained their verdict. */
  readonly broken: readonly CellChange[]
  readonly fixed: readonly CellChange[]
  readonly stillFailing: readonly CellChange[]
  readonly otherwise: readonly CellChange[]
  readonly unchanged: number
  readonly onlyBefore: number
  readonly onlyAfter: number
  /** Signatures over all cells of one run that the other does not have. */
  readonly newSignatures: readonly string[]
  readonly goneSignatures: readonly string[]
}
