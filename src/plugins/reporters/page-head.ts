/** What the report page shows first: the run, its gate, its failures by signature, and one line for each cell. */
import { leadingSuspects } from '../../model/leading-suspects.ts'
import type { Gate, Report } from '../../model/report.ts'
import type { PageCells, PageProblem, ReportPage } from '../../model/report-page.ts'
import { HARD_SYMPTOMS, type Symptom } from '../../model/symptom.ts'
import type { CellBlocks } from './page-blocks.ts'

/** Files of the report and of the run folder, with what a person finds in each. */
const REPORT_FILES: Readonly<Record<string, string>> = {
  'summary.md': 'summary, for pull requests',
  'junit.xml': 'test results, for CI',
  'report.json': 'everything, for programs',
}
const RUN_FILES: readonly ReportPage['files'][number][] = [
  { href: 'gate.json', what: 'decision of the gate' },
  { href: '../plan.json', what: 'the plan: cells, stages, hashes of all inputs' },
  { href: '../journal.jsonl', what: 'the journal: everything that was seen, in order' },
]

/** `files`: names of what lies in the report folder. */
export function pageHead(
  report: Report,
  gate: Gate,
  { blocks, files }: { readonly blocks: CellBlocks; readonly files: readonly string[] },
): ReportPage {
  const { cells, controls: _, evidence: _evidence, stages, suspects, ...rest } = report
  const leading = leadingSuspects(suspects)
  return {
    report: rest,
    stages: stages.map(({ id, title, state, cells: mine }) => ({ id, title, state, cells: mine.length })),
    gate,
    suspects: [...leading, ...suspects.filter((suspect) => !leading.includes(suspect))],
    leadingSuspects: leading.length,
    problems: problemsOf(report),
    recovery: recoveryOf(report),
    files: [
      ...files
        .filter((name) => name !== 'index.html' && name !== 'gate.json')
        .toSorted()
        .map((name) => ({ href: encodeURIComponent(name), what: REPORT_FILES[name] ?? 'a report' })),
      ...RUN_FILES,
    ],
    cells: cellColumns(cells, report, blocks),
    blocks: blocks.count,
  }
}

/** Steps that brought most cells back first. */
function recoveryOf({ cells }: Report): ReportPage['recovery'] {
  const found = new Map<string, ReportPage['recovery'][number]>()
  for (const { verdict } of cells) {
    if (verdict.recovery === undefined) continue
    const { step, broughtBack } = verdict.recovery
    const key = `${step} ${broughtBack}`
    found.set(key, { step, broughtBack, cells: (found.get(key)?.cells ?? 0) + 1 })
  }
  return [...found.values()].sort((a, b) => b.cells - a.cells)
}

/** A kernel that names where it died says more than the restarts that follow from it. */
function hardness({ class: name }: Pick<Symptom, 'class'>): number {
  if (name === 'panic' || name === 'bugcheck') return 2
  return HARD_SYMPTOMS.has(name) ? 1 : 0
}

/** Failures before warnings, then those of the most cells, the hardest fact first. */
function problemsOf(report: Report): PageProblem[] {
  const found = new Map<string, { readonly symptom: Symptom; readonly cells: number[] }>()
  report.cells.forEach(({ verdict }, place) => {
    for (const symptom of verdict.symptoms) {
      const known = found.get(symptom.signature)
      if (known === undefined) found.set(symptom.signature, { symptom, cells: [place] })
      else if (known.cells.at(-1) !== place) known.cells.push(place)
    }
  })
  const known = report.earlier === undefined ? undefined : new Set(report.earlier.known)
  return [...found.values()]
    .map(({ symptom, cells }): PageProblem => ({
      class: symptom.class,
      severity: symptom.severity,
      summary: symptom.summary,
      signature: symptom.signature,
      cells,
      ...(known === undefined ? {} : { since: known.has(symptom.signature) ? 'known' : 'new' }),
    }))
    .sort(
      (a, b) =>
        a.severity.localeCompare(b.severity) || b.cells.length - a.cells.length || hardness(b) - hardness(a),
    )
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
