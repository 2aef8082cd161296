/** The rows of all stages: one array per strength, each built on the rows of the stages before it. */
import { AppError } from '../model/errors.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import { allRows } from './covering/all-rows.ts'
import { buildCoveringArray } from './covering/build-covering-array.ts'
import type { CoveringProblem } from './covering/build-covering-array.ts'
import type { MatrixModel } from './matrix-model.ts'
import type { PlanOptions } from './plan-options.ts'
import type { ResolvedStage } from './stage-definitions.ts'
import { chooseSmokeCells } from './smoke-cells.ts'

/** More cells than any lab runs; a plan beyond it is a mistake in the matrix. */
const CELL_LIMIT = 100_000

export interface PlannedRow {
  readonly row: Int32Array
  /** Index of the stage that runs it. */
  readonly stage: number
}

export interface PlannedRows {
  readonly rows: readonly PlannedRow[]
  readonly lowerBound: number
}

export interface RowsRequest {
  readonly definitions: readonly ResolvedStage[]
  /** Partial configurations that must occur besides the matrix' seeds. */
  readonly required: readonly Configuration[]
  readonly risk: Float64Array
  readonly options: PlanOptions
}

/** Plans the rows stage by stage. A row of an earlier stage is not repeated but counts for the later ones. */
export function planRows(matrix: Matrix, model: MatrixModel, request: RowsRequest): PlannedRows {
  const { definitions, options } = request
  const earlier = earlierRows(model, options)
  const efforts = stageEfforts(definitions)
  const rows: PlannedRow[] = []
  let bound = 0
  let smokeStages: number[] = []
  const soaks = soakStages(definitions)
  definitions.forEach((stage, at) => {
    if (soaks.includes(at)) return
    if (stage.kind === 'smoke') smokeStages.push(at)
    const source =
      stage.kind === 'smoke' && at === lastPlanned(definitions)
        ? { ...stage, kind: 'strength' as const }
        : stage
    if (source.kind === 'smoke') return
    if (at + 1 === soaks[0]) smokeStages.push(...soaks)
    const last = definitions.slice(at + 1).every((other) => other.kind !== 'strength')
    const held = rows.map(({ row }) => row)
    const seeds = rows.length === 0 ? seedRows(matrix, model, request.required, stage.strength, earlier) : []
    const problem = {
      model: model.model,
      families: families(matrix, model, stage.strength, last),
      seeds: [...held, ...seeds],
      earlier,
      weights: model.shares,
    }
    const array =
      source.kind === 'full'
        ? fullArray(model, earlier)
        : buildCoveringArray(problem, { seed: options.seed, effort: options.effort * efforts[at]! })
    bound = array.lowerBound
    const known = new Set(held.map((row) => row.join()))
    const added = array.rows.filter((row) => !known.has(row.join()))
    rows.push(
      ...assign(
        added,
        smokeStages,
        stage.kind === 'smoke' ? undefined : at,
        definitions,
        model,
        request.risk,
      ),
    )
    smokeStages = []
  })
  if (rows.length > CELL_LIMIT) throw tooManyCells(rows.length)
  return { rows, lowerBound: bound }
}

/** Index of the last stage whose cells are planned for it; stages of a few cells that soak longer come behind it. */
export function lastPlanned(definitions: readonly ResolvedStage[]): number {
  const last = definitions.findLastIndex(({ soaks }) => !soaks)
  return last === -1 ? definitions.length - 1 : last
}

/** Stages of a few cells that soak longer, behind the last stage that plans: their cells are taken from its array and not planned besides. */
function soakStages(definitions: readonly ResolvedStage[]): number[] {
  const last = lastPlanned(definitions)
  return definitions.flatMap((_, at) => (at > last ? [at] : []))
}

/** Gives the riskiest rows to the smoke stages and the others to the stage itself (to none if it has no index). */
function assign(
  added: readonly Int32Array[],
  smokeStages: readonly number[],
  stage: number | undefined,
  definitions: readonly ResolvedStage[],
  model: MatrixModel,
  risk: Float64Array,
): PlannedRow[] {
  const likelihood = (row: Int32Array): number =>
    row.reduce((product, symbol) => product * model.shares[symbol]!, 1)
  let waiting = [...added]
  const planned: PlannedRow[] = []
  for (const smoke of smokeStages) {
    const chosen = chooseSmokeCells(waiting, definitions[smoke]!.cells, risk, likelihood)
    planned.push(...chosen.map((at) => ({ row: waiting[at]!, stage: smoke })))
    waiting = waiting.filter((_, at) => !chosen.includes(at))
  }
  return stage === undefined ? planned : [...planned, ...waiting.map((row) => ({ row, stage }))]
}

function families(
  matrix: Matrix,
  model: MatrixModel,
  strength: number,
  last: boolean,
): CoveringProblem['families'] {
  const all = { axes: model.vocabulary.map((_, axis) => axis), strength }
  const groups = (last ? (matrix.groups ?? []) : [])
    .filter((group) => group.strength > strength)
    .map((group) => ({
      axes: group.axes.map((id) => model.vocabulary.findIndex((axis) => axis.id === id)),
      strength: Math.min(group.strength, group.axes.length),
    }))
  return [all, ...groups]
}

/** The matrix' seeds and required parts as rows with −1 for free cells, without those that the array holds anyway. */
function seedRows(
  matrix: Matrix,
  model: MatrixModel,
  required: readonly Configuration[],
  strength: number,
  earlier: readonly Int32Array[],
): Int32Array[] {
  const rows = [...(matrix.seeds ?? []), ...required].map((seed) => model.toRow(seed))
  const within = (part: Int32Array, whole: Int32Array): boolean =>
    part.every((symbol, axis) => symbol === -1 || symbol === whole[axis])
  const parts = required.map((seed) => model.toRow(seed).join())
  return rows.filter((row, at) => {
    const size = row.filter((symbol) => symbol !== -1).length
    const implied = parts.includes(row.join()) && size <= strength
    const contained = rows.some(
      (other, place) => place !== at && within(row, other) && (place < at || !within(other, row)),
    )
    return !implied && !contained && !earlier.some((whole) => within(row, whole))
  })
}

function earlierRows(model: MatrixModel, options: PlanOptions): Int32Array[] {
  const changed = new Set<number>()
  for (const [axis, values] of Object.entries(options.changed ?? {})) {
    for (const value of values) changed.add(model.symbolOf(axis, value))
  }
  return (options.since ?? []).map((configuration) =>
    model.toRow(configuration).map((symbol) => (changed.has(symbol) ? -1 : symbol)),
  )
}

function fullArray(
  model: MatrixModel,
  earlier: readonly Int32Array[],
): { rows: Int32Array[]; lowerBound: number } {
  const done = new Set(earlier.map((row) => row.join()))
  const rows = allRows(model.solver, CELL_LIMIT)
  if (rows === undefined) throw tooManyCells(CELL_LIMIT + 1)
  const open = rows.filter((row) => !done.has(row.join()))
  return { rows: open, lowerBound: open.length }
}

/** Deeper arrays get more of the effort. */
function stageEfforts(definitions: readonly ResolvedStage[]): number[] {
  const shares = definitions.map(({ kind, strength }, at) =>
    kind === 'strength' || at === lastPlanned(definitions) ? 4 ** strength : 0,
  )
  const total = shares.reduce((sum, share) => sum + share, 0)
  return shares.map((share) => (total === 0 ? 0 : share / total))
}

function tooManyCells(count: number): AppError {
  return new AppError(
    'MATRIX_TOO_LARGE',
    'user',
    `the plan would have ${count > CELL_LIMIT ? `more than ${CELL_LIMIT}` : count} cells`,
    {
      hint: 'lower the strength of the deepest stage, or exclude what no customer has',
    },
  )
}
