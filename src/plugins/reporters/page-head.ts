/** What the report page shows first: the run, its gate, its failures by signature, and one line for each cell. */
import { leadingSuspects } from '../../model/leading-suspects.ts'
import type { Gate, Report } from '../../model/report.ts'
import type { PageCells, ReportPage } from '../../model/report-page.ts'
import { recoveryCounts, reportProblems } from '../../model/report-problems.ts'
import type { CellBlocks } from './page-blocks.ts'

/** Files of the report and of the run folder, with what a person finds in each. */
const REPORT_FILES: Readonly<Record<string, string>> = {
  'summary.md': 'summary, for the job’s page',
  'github-comment.md': 'comment for a pull request',
  'junit.xml': 'test results, for CI',
  'report.json': 'everything, for programs',
  'policy.json': 'the policy that the gate decided by',
}
const RUN_FILES: readonly ReportPage['files'][number][] = [
  { href: 'gate.json', what: 'decision of the gate' },
  { href: '../plan.json', what: 'the plan: cells, stages, hashes of all inputs' },
  { href: '../journal.jsonl', what: 'the journal: everything that was seen, in order' },
]

export interface PageParts {
  readonly blocks: CellBlocks
  /** Names of what lies in the report folder. */
  readonly files: readonly string[]
  /** Whom the page is for, if not for the lab; it then has no links into the run folder. */
  readonly audience?: ReportPage['audience']
}

export function pageHead(report: Report, gate: Gate, { blocks, files, audience }: PageParts): ReportPage {
  const { cells, controls: _, evidence: _evidence, stages, suspects, ...rest } = report
  const leading = leadingSuspects(suspects)
  return {
    report: rest,
    stages: stages.map(({ id, title, state, cells: mine }) => ({ id, title, state, cells: mine.length })),
    gate,
    ...(audience === undefined ? {} : { audience }),
    suspects: [...leading, ...suspects.filter((suspect) => !leading.includes(suspect))],
    leadingSuspects: leading.length,
    problems: reportProblems(report),
    recovery: recoveryCounts(cells),
    files: [
      ...files
        .filter((name) => name !== 'index.html' && name !== 'gate.json')
        .toSorted()
        .map((name) => ({ href: encodeURIComponent(name), what: REPORT_FILES[name] ?? 'a report' })),
      ...(audience === undefined ? RUN_FILES : []),
    ],
    cells: cellColumns(cells, report, blocks),
    blocks: blocks.count,
  }
}

function cellColumns(
  cells: Report['cells'],
  { matrix, stages }: Pick<Report, 'matrix' | 'stages'>,
  blocks: CellBlocks,
): PageCells {
  const stagePlaces = placesOf(stages.map(({ id }) => id))
  const sentences = placesOf([...new Set(cells.map(({ verdict }) => verdict.because))])
  return {
    id: cells.map(({ planned }) => planned.id),
    stage: cells.map(({ planned }) => stagePlaces.get(planned.stage) ?? -1),
    outcome: cells.map(({ verdict }) => verdict.outcome),
    blame: cells.map(({ verdict }) => verdict.blame),
    because: cells.map(({ verdict }) => sentences.get(verdict.because) ?? -1),
    sentences: [...sentences.keys()],
    values: matrix.axes.map((axis) => {
      const places = placesOf(axis.values.map(({ id }) => id))
      return cells.map(({ planned }) => places.get(planned.configuration[axis.id] ?? '') ?? -1)
    }),
    waived: cells.flatMap(({ verdict }, place) => (verdict.waiver === undefined ? [] : [place])),
    block: cells.map((_, place) => blocks.blockOf(place)),
  }
}

function placesOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, place) => [name, place]))
}
