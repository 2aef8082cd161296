/**
 * What the report page draws. Every cell is one line of a table that is read at once (`PageCells`); what was seen on it comes
 * in blocks of some cells each (`PageBlock`), which the page reads when a person asks for one of them.
 */
import type { Configuration } from './matrix.ts'
import type { ControlAttempt, EvidenceRecord, Gate, Report } from './report.ts'
import type { RecoveryCount, ReportProblem } from './report-problems.ts'
import type { Blame, Outcome, Verdict } from './verdict.ts'

export interface ReportPage {
  readonly report: Omit<Report, 'cells' | 'controls' | 'evidence' | 'stages' | 'suspects'>
  readonly stages: readonly (Pick<Report['stages'][number], 'id' | 'title' | 'state'> & {
    readonly cells: number
  })[]
  readonly gate: Gate
  /** Only in what a partner gets: then the page says what his machines showed, and offers nothing that needs the run. */
  readonly audience?: { readonly tlp: string; readonly result: string }
  /** In order of reading; the first `leadingSuspects` are those that a person reads first. */
  readonly suspects: Report['suspects']
  readonly leadingSuspects: number
  /** Failures by signature, those of the most cells first. */
  readonly problems: readonly ReportProblem[]
  /** Which step brought how many cells back. */
  readonly recovery: readonly RecoveryCount[]
  /** The other files of the run, relative to the report folder. */
  readonly files: readonly { readonly href: string; readonly what: string }[]
  readonly cells: PageCells
  /** How many blocks of details there are, `cells-0` and so on. */
  readonly blocks: number
}

/** All cells, column by column: a row of a hundred thousand costs little in this form. */
export interface PageCells {
  readonly id: readonly string[]
  readonly stage: readonly number[]
  readonly outcome: readonly Outcome[]
  readonly blame: readonly Blame[]
  /** Place in `sentences`. */
  readonly because: readonly number[]
  readonly sentences: readonly string[]
  /** For each axis of the matrix the place of the cell's value in that axis; -1 where it has none. */
  readonly values: readonly (readonly number[])[]
  /** Places of cells that a waiver covers. */
  readonly waived: readonly number[]
  /** Number of the block with the details of this cell. */
  readonly block: readonly number[]
}

/** What was seen on some cells, by id. */
export type PageBlock = Readonly<Record<string, CellDetail>>

export interface CellDetail {
  readonly purpose: string
  readonly verdict: Verdict
  /** The attempts without the candidate that stand for this cell's control. */
  readonly controls: readonly ControlAttempt[]
  readonly evidence: readonly PageEvidence[]
}

export type PageEvidence = Pick<
  EvidenceRecord,
  'id' | 'name' | 'arm' | 'attempt' | 'phase' | 'bytes' | 'cut'
> & {
  /** Relative to the report folder; absent when the path is not one of ours. */
  readonly href?: string
  /** A data: URI of a PNG. */
  readonly image?: string
  /** The last lines of a serial line, of a panic, or of what a debugger says. */
  readonly text?: string
}

/** A cell as the page's parts see it. */
export interface PageCell {
  readonly id: string
  readonly stage: string
  readonly outcome: Outcome
  readonly blame: Blame
  readonly because: string
  readonly configuration: Configuration
  readonly waived: boolean
  readonly block: number
}
