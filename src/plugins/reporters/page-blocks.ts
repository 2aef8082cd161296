/** What was seen on each cell, in blocks that the report page reads when a person asks for a cell. */
import { attemptId } from '../../model/attempt-id.ts'
import type { ControlAttempt, Report } from '../../model/report.ts'
import { indexReport } from '../../model/report-index.ts'
import type { CellDetail, PageBlock } from '../../model/report-page.ts'
import type { AttemptSummary } from '../../model/verdict.ts'
import type { EvidenceByAttempt } from './page-evidence.ts'

type ReportedCell = Report['cells'][number]

const CELLS_IN_BLOCK = 200
/** Above this many cells phases and evidence of those that passed are left to report.json. */
const BRIEF_CELLS = 2000

export interface CellBlocks {
  readonly count: number
  /** Number of the block that holds the cell at this place of the report. */
  readonly blockOf: (place: number) => number
  /** Each when it is asked for. */
  build(): Iterable<{ readonly id: string; readonly data: PageBlock }>
}

/** Cells that did not pass come first, so that a person who goes through these reads few blocks. */
export function cellBlocks(report: Report, evidence: EvidenceByAttempt): CellBlocks {
  const { cells } = report
  const index = indexReport(report)
  const passed = ({ verdict }: ReportedCell): boolean => verdict.outcome === 'pass'
  const places = cells.map((_, place) => place)
  const order = [
    ...places.filter((place) => !passed(cells[place]!)),
    ...places.filter((place) => passed(cells[place]!)),
  ]
  const blocks = new Map(order.map((place, rank) => [place, Math.floor(rank / CELLS_IN_BLOCK)]))
  const count = Math.ceil(cells.length / CELLS_IN_BLOCK)
  const brief = cells.length > BRIEF_CELLS
  return {
    count,
    blockOf: (place) => blocks.get(place) ?? 0,
    *build() {
      for (let number = 0; number < count; number += 1) {
        const mine = order.slice(number * CELLS_IN_BLOCK, (number + 1) * CELLS_IN_BLOCK)
        const data = mine.map((place) => {
          const cell = cells[place]!
          return [
            cell.planned.id,
            cellDetail(cell, index.controls(cell), evidence, brief && passed(cell)),
          ] as const
        })
        yield { id: `cells-${number}`, data: Object.fromEntries(data) }
      }
    },
  }
}

function cellDetail(
  { planned, verdict }: ReportedCell,
  controls: readonly ControlAttempt[],
  evidence: EvidenceByAttempt,
  brief: boolean,
): CellDetail {
  const short = <Attempt extends AttemptSummary>(attempt: Attempt): Attempt =>
    brief ? { ...attempt, phases: [] } : attempt
  const mine = verdict.attempts.map((attempt) => attemptId({ ...attempt, cell: planned.id }))
  return {
    purpose: planned.purpose,
    verdict: { ...verdict, attempts: verdict.attempts.map(short) },
    controls: controls.map(short),
    evidence: brief ? [] : [...mine, ...verdict.control.attempts].flatMap((id) => evidence.get(id) ?? []),
  }
}
