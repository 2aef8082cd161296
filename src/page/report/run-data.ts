import type { CellDetail, PageBlock, PageCell, ReportPage } from '../../model/report-page.ts'
import type { ReportProblem } from '../../model/report-problems.ts'
import { Axes } from '../parts/axes.ts'
import { readBlock } from '../read-data.ts'

/** The run as the parts of the page ask for it; details of cells come when they are asked for. */
export class RunData {
  readonly page: ReportPage
  readonly axes: Axes
  readonly cells: readonly PageCell[]
  /** Those that did not pass, in the order of a person who goes through them: by failure, then as in the plan. */
  readonly toLookAt: readonly PageCell[]
  readonly #byId: ReadonlyMap<string, PageCell>
  readonly #problems: ReadonlyMap<string, readonly ReportProblem[]>
  readonly #blocks = new Map<number, Promise<PageBlock>>()

  constructor(page: ReportPage) {
    this.page = page
    this.axes = new Axes(page.report.matrix.axes)
    const waived = new Set(page.cells.waived)
    this.cells = page.cells.id.map((_, place) => cellAt(page, place, waived.has(place)))
    this.#byId = new Map(this.cells.map((cell) => [cell.id, cell]))
    this.#problems = problemsByCell(page)
    const wrong = this.cells.filter(({ outcome }) => outcome !== 'pass' && outcome !== 'not-run')
    const named = page.problems.flatMap(({ cells }) => cells.flatMap((place) => this.cells[place] ?? []))
    const failed = new Set(named.filter(({ outcome }) => outcome === 'fail'))
    this.toLookAt = [...new Set([...failed, ...wrong])]
  }

  cell(id: string): PageCell | undefined {
    return this.#byId.get(id)
  }

  /** The failures that were seen on a cell. */
  problemsOf(cell: PageCell): readonly ReportProblem[] {
    return this.#problems.get(cell.id) ?? []
  }

  /** What was seen on a cell. Rejects when the page's data are damaged. */
  async detail(cell: PageCell): Promise<CellDetail> {
    const known = this.#blocks.get(cell.block)
    const block = known ?? readBlock(`cells-${cell.block}`).then((text) => JSON.parse(text) as PageBlock)
    this.#blocks.set(cell.block, block)
    const detail = (await block)[cell.id]
    if (detail === undefined) throw new Error(`the page has no details of ${cell.id}`)
    return detail
  }

  /** All values of a cell as one line of titles. */
  valuesOf(cell: PageCell): string {
    return Object.entries(cell.configuration)
      .map(([axis, value]) => this.axes.value(axis, value))
      .join(' · ')
  }
}

function cellAt({ cells, report, stages }: ReportPage, place: number, waived: boolean): PageCell {
  const configuration: Record<string, string> = {}
  for (const [column, axis] of report.matrix.axes.entries()) {
    const value = axis.values[cells.values[column]?.[place] ?? -1]
    if (value !== undefined) configuration[axis.id] = value.id
  }
  return {
    id: cells.id[place] ?? '',
    stage: stages[cells.stage[place] ?? -1]?.id ?? '',
    outcome: cells.outcome[place] ?? 'not-run',
    blame: cells.blame[place] ?? 'unknown',
    because: cells.sentences[cells.because[place] ?? -1] ?? '',
    configuration,
    waived,
    block: cells.block[place] ?? 0,
  }
}

function problemsByCell(page: ReportPage): ReadonlyMap<string, readonly ReportProblem[]> {
  const found = new Map<string, ReportProblem[]>()
  for (const problem of page.problems)
    for (const place of problem.cells) {
      const id = page.cells.id[place] ?? ''
      const known = found.get(id)
      if (known === undefined) found.set(id, [problem])
      else known.push(problem)
    }
  return found
}
