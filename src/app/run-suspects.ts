/** From verdicts to suspects: which combination of values explains the cells that fail because of the candidate. */
import type { Matrix } from '../model/matrix.ts'
import { isIsolationStage } from '../model/isolation-stage.ts'
import type { PlannedCell } from '../model/plan.ts'
import type { Suspect } from '../model/report.ts'
import type { Verdict } from '../model/verdict.ts'
import {
  findSuspects,
  type Suspect as Explained,
  type SuspectReport,
} from '../judge/suspects/find-suspects.ts'
import type { ObservedCell } from '../judge/suspects/observed-cell.ts'
import { feasibleCombination } from '../plan/feasible-combination.ts'

export interface JudgedConfiguration {
  readonly planned: PlannedCell
  readonly verdict: Verdict
}

/** Suspects that a report lists. */
const LISTED = 20
/** Below this belief one is not listed, unless it is the first. */
const WORTH_TELLING = 0.01
/** From this belief on a suspect is called likely. */
const LIKELY = 0.5

/** What the judged cells say; cells without a verdict, and failures that are not the candidate's, say nothing. */
export function observeCells(cells: readonly JudgedConfiguration[]): ObservedCell[] {
  return cells.flatMap(({ planned, verdict }) => {
    const { outcome, blame, failing, valid } = verdict
    if (outcome === 'pass' || outcome === 'warn')
      return [{ configuration: planned.configuration, failures: 0, runs: Math.max(1, valid) }]
    if (outcome !== 'fail' || blame !== 'candidate') return []
    const runs = Math.max(1, valid, failing)
    // A cell that is slower in all its runs together has no single run that failed: all of them did.
    return [{ configuration: planned.configuration, failures: failing === 0 ? runs : failing, runs }]
  })
}

/** The engine's whole answer, for choosing further cells. */
export function explainFailures(matrix: Matrix, cells: readonly JudgedConfiguration[]): SuspectReport {
  const axes = Object.fromEntries(
    Object.entries(matrix.axes).map(([id, axis]) => [id, axis.values.map((value) => value.id)]),
  )
  return findSuspects(observeCells(cells), { axes, feasible: feasibleCombination(matrix), limit: LISTED })
}

/** The suspects as the report lists them. */
export function suspectsOf(matrix: Matrix, cells: readonly JudgedConfiguration[]): Suspect[] {
  const observed = observeCells(cells)
  const { suspects } = explainFailures(matrix, cells)
  const further = cells.filter(({ planned }) => isIsolationStage(planned.stage)).length
  const worth = suspects.filter(({ probability }, index) => index === 0 || probability >= WORTH_TELLING)
  return worth.map((suspect, index) => {
    const passing = observed.filter(
      (cell) => cell.failures === 0 && holds(cell.configuration, suspect.values),
    ).length
    return {
      values: suspect.values,
      rank: index + 1,
      explains: suspect.support.failingCells,
      failing: suspect.support.allFailingCells,
      passing,
      support: supportOf(suspect),
      equivalent: suspect.equivalent.map((values) => ({ ...values })),
      because: sentence(suspect, passing, further),
    }
  })
}

function supportOf(suspect: Explained): Suspect['support'] {
  if (suspect.support.sufficient) return 'confirmed'
  return suspect.probability >= LIKELY ? 'likely' : 'possible'
}

function sentence({ values, probability, support }: Explained, passing: number, further: number): string {
  const shown = `${support.contrasts} of its ${Object.keys(values).length} values shown to be needed`
  const added = further === 0 ? '' : `; ${further} further ${further === 1 ? 'cell' : 'cells'} added to tell`
  return `in ${support.failingCells} of ${support.allFailingCells} failing cells and ${passing} passing; ${shown}; belief ${Math.round(100 * probability)} %${added}`
}

function holds(
  configuration: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(values).every(([axis, value]) => configuration[axis] === value)
}
