/** What the report page draws: the report and its gate, with the evidence that fits into one file. */
import type { PlannedCell } from './plan.ts'
import type { EvidenceRecord, Gate, Report } from './report.ts'
import type { Verdict } from './verdict.ts'

export type PageEvidence = Pick<
  EvidenceRecord,
  'id' | 'name' | 'arm' | 'attempt' | 'phase' | 'bytes' | 'cut'
> & {
  /** Relative to the report folder; absent when the path is not one of ours. */
  readonly href?: string
  /** A data: URI of a PNG. */
  readonly image?: string
  /** The last lines of a serial line. */
  readonly tail?: string
}

export interface PageCell {
  readonly planned: Pick<PlannedCell, 'id' | 'stage' | 'configuration' | 'purpose'>
  readonly verdict: Verdict
}

export interface ReportPage {
  /** Suspects in order of reading, the leading ones first. */
  readonly report: Omit<Report, 'evidence' | 'cells'> & { readonly cells: readonly PageCell[] }
  readonly gate: Gate
  /** How many of the suspects a person reads first. */
  readonly leadingSuspects: number
  readonly evidence: Readonly<Record<string, readonly PageEvidence[]>>
}
