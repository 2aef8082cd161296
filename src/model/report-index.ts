/** Finds what belongs to a cell of a report: its control's attempts and its evidence, which a report tells once for all cells. */
import { attemptId } from './attempt-id.ts'
import type { ControlAttempt, EvidenceRecord, Report } from './report.ts'

export interface ReportIndex {
  /** Attempts that stand for the control of a cell, in the order in which its verdict names them. */
  controls(cell: Report['cells'][number]): readonly ControlAttempt[]
  /** Evidence of the cell's own attempts, and of those that stand for its control. */
  evidence(cell: Report['cells'][number]): readonly EvidenceRecord[]
}

/** Takes one pass over the report; each look-up afterwards costs what it finds. */
export function indexReport(report: Report): ReportIndex {
  const controls = new Map(report.controls.map((attempt) => [attempt.id, attempt]))
  const byCell = Map.groupBy(report.evidence, ({ cell }) => cell)
  return {
    controls: ({ verdict }) => verdict.control.attempts.flatMap((id) => controls.get(id) ?? []),
    evidence({ planned, verdict }) {
      const named = new Set(verdict.control.attempts)
      const sources = new Set([planned.id, ...verdict.control.attempts.map((id) => id.split('/')[0] ?? '')])
      return [...sources]
        .flatMap((cell) => byCell.get(cell) ?? [])
        .filter((record) => record.cell === planned.id || named.has(attemptId(record)))
    },
  }
}
