/** From a matrix to the configurations to run, in stages: as few as the effort finds, nothing missed, each with what it is for. */
import { AppError } from '../model/errors.ts'
import type { Matrix } from '../model/matrix.ts'
import { measureModelCoverage } from './coverage.ts'
import type { CoverageReport } from './coverage.ts'
import { checkModel } from './check-matrix.ts'
import { includeEntries } from './include-entries.ts'
import { infeasibleTuples } from './infeasible-tuples.ts'
import type { InfeasibleTuples } from './infeasible-tuples.ts'
import { matrixModel } from './matrix-model.ts'
import type { MatrixModel } from './matrix-model.ts'
import type { PlanOptions } from './plan-options.ts'
import { planRows } from './plan-rows.ts'
import type { PlannedRows } from './plan-rows.ts'
import { stageDefinitions } from './stage-definitions.ts'
import { stageCells } from './stage-cells.ts'
import type { PlannedStage } from './stage-cells.ts'
import { valueRisk } from './value-risk.ts'

export interface PlannedConfigurations {
  readonly stages: readonly PlannedStage[]
  /** What the whole plan covers, strengths 1 to 3 (without 3 where that would take long). */
  readonly coverage: CoverageReport
  readonly infeasible: InfeasibleTuples
  /** What the matrix excludes by name. */
  readonly excluded: readonly string[]
  /** No plan for the deepest stage and all before it has fewer cells. */
  readonly lowerBound: number
  /** The plan has exactly `lowerBound` cells (not counting those that `include` adds). */
  readonly provedMinimal: boolean
  readonly warnings: readonly string[]
}

/** Triples of values that are looked at for the coverage of a plan. */
const TRIPLE_LIMIT = 250_000

/**
 * Plans the matrix. The same arguments give the same plan, byte for byte, on any machine.
 * Throws AppError (fault `user`) for a matrix that `checkMatrix` finds faults in, or one too large to plan.
 */
export function planConfigurations(matrix: Matrix, options: PlanOptions): PlannedConfigurations {
  const model = matrixModel(matrix)
  const problems = checkModel(matrix, model)
  if (problems.length > 0) {
    throw new AppError('MATRIX_INVALID', 'user', problems[0]!.message, {
      problems: problems.map(({ message, hint, path }) => ({
        message,
        ...(hint === undefined ? {} : { hint }),
        where: { file: matrix.id, field: path.join('.') },
      })),
    })
  }
  const includes = includeEntries(matrix, model)
  const definitions = stageDefinitions(matrix, options.strength)
  const risk = valueRisk(matrix, model, options.history ?? [])
  const planned = planRows(matrix, model, {
    definitions,
    required: includes.required,
    risk: risk.risk,
    options,
  })
  const stages = stageCells({ matrix, model, definitions, planned, includes, labels: risk.labels, options })
  const configurations = stages.flatMap((stage) => stage.cells.map((cell) => cell.configuration))
  return {
    stages,
    coverage: measureModelCoverage(model, configurations, {
      strengths: measurable(model),
      uncoveredLimit: 200,
    }),
    infeasible: infeasibleTuples(model),
    excluded: model.sources.filter((source) => source.kind === 'exclude').map((source) => source.text),
    lowerBound: planned.lowerBound,
    provedMinimal: planned.rows.length === planned.lowerBound,
    warnings: warningsOf(planned, includes.added.length, options),
  }
}

/** Strengths whose coverage can be measured in about a second. */
function measurable(model: MatrixModel): number[] {
  let [ones, twos, threes] = [0, 0, 0]
  for (const level of model.model.levels) {
    threes += twos * level
    twos += ones * level
    ones += level
  }
  return threes < TRIPLE_LIMIT ? [1, 2, 3] : [1, 2]
}

function warningsOf(planned: PlannedRows, added: number, options: PlanOptions): string[] {
  if (planned.rows.length + added > 0) return []
  return options.since === undefined
    ? ['the plan has no cells']
    : ['nothing is new since the earlier run: every combination was covered there']
}
