/** From verdicts to suspects: which combination of values explains the cells that fail because of the candidate, failure by failure. */
import { oneLine } from '../kit/text.ts'
import type { Matrix } from '../model/matrix.ts'
import { isIsolationStage } from '../model/isolation-stage.ts'
import type { Suspect } from '../model/report.ts'
import {
  allFailures,
  failureGroups,
  type FailureGroup,
  type JudgedConfiguration,
} from '../judge/suspects/failure-groups.ts'
import {
  findSuspects,
  type Suspect as Explained,
  type SuspectReport,
} from '../judge/suspects/find-suspects.ts'
import { feasibleCombination } from '../plan/feasible-combination.ts'

/** Suspects that a report lists of one failure. */
const LISTED = 20
/** Failures that are explained each by itself; what comes after them is hardly read. */
const EXPLAINED = 12
/** Below this belief a suspect is not listed, unless it is the first. */
const WORTH_TELLING = 0.01
/** From this belief on a suspect is called likely. */
const LIKELY = 0.5
const LONGEST_FAILURE = 200

/** One failure with the engine's whole answer, for choosing further cells. */
export interface ExplainedFailure {
  readonly group: FailureGroup
  readonly report: SuspectReport
}

/**
 * The failures of a run, each explained by itself; all of them as one where one combination is likely to explain them all:
 * what a build breaks may look different on each product.
 */
export function explainFailures(
  matrix: Matrix,
  cells: readonly JudgedConfiguration[],
): readonly ExplainedFailure[] {
  const axes = Object.fromEntries(
    Object.entries(matrix.axes).map(([id, axis]) => [id, axis.values.map((value) => value.id)]),
  )
  const feasible = feasibleCombination(matrix)
  const explain = (group: FailureGroup): ExplainedFailure => ({
    group,
    report: findSuspects(group.observed, { axes, feasible, limit: LISTED }),
  })
  const groups = failureGroups(cells)
  if (groups.length === 0) return []
  const together = explain(allFailures(cells))
  const first = together.report.suspects[0]
  const one =
    groups.length === 1 ||
    (first !== undefined &&
      first.probability >= LIKELY &&
      first.support.failingCells === first.support.allFailingCells)
  return one ? [together] : groups.slice(0, EXPLAINED).map(explain)
}

/**
 * The suspects as the report lists them: those of the failure that most cells have first. A failure that every cell shows has
 * none: nothing tells one value from another where nothing works, and a name would be a guess.
 */
export function suspectsOf(matrix: Matrix, cells: readonly JudgedConfiguration[]): Suspect[] {
  const further = cells.filter(({ planned }) => isIsolationStage(planned.stage)).length
  return explainFailures(matrix, cells)
    .filter(({ group }) => group.observed.some(({ failures }) => failures === 0))
    .flatMap(({ group, report }) =>
      report.suspects
        .filter(({ probability }, index) => index === 0 || probability >= WORTH_TELLING)
        .map((suspect) => ({ group, suspect })),
    )
    .map(({ group, suspect }, index) => {
      const passing = group.observed.filter(
        (cell) => cell.failures === 0 && holds(cell.configuration, suspect.values),
      ).length
      return {
        values: suspect.values,
        rank: index + 1,
        failure: failureText(group),
        signatures: [...group.signatures],
        explains: suspect.support.failingCells,
        failing: suspect.support.allFailingCells,
        passing,
        support: supportOf(suspect),
        equivalent: suspect.equivalent.map((values) => ({ ...values })),
        because: sentence(suspect, passing, further),
      }
    })
}

function failureText({ symptom, signatures }: FailureGroup): string {
  if (symptom === undefined) return 'the failures'
  const others = new Set(signatures.map((signature) => signature.split('|')[0])).size - 1
  const more = others === 0 ? '' : ` (and ${others} other ${others === 1 ? 'symptom' : 'symptoms'})`
  return oneLine(`${symptom.class}: ${symptom.summary}`, LONGEST_FAILURE) + more
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
