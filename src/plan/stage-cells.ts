/** Puts the planned rows into running order, stage by stage, and says what each cell is for. */
import { canonicalJson } from '../kit/hash.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import type { IncludeEntries } from './include-entries.ts'
import type { MatrixModel } from './matrix-model.ts'
import { newPairs, orderRows, pairsOf } from './order.ts'
import type { PlanOptions } from './plan-options.ts'
import { lastPlanned, type PlannedRows } from './plan-rows.ts'
import type { ResolvedStage } from './stage-definitions.ts'
import { failureShare } from './value-risk.ts'

export interface PlannedCell {
  readonly configuration: Configuration
  /** What this cell is for, in one line. */
  readonly purpose: string
}

export interface PlannedStage {
  readonly id: string
  readonly title: string
  readonly cells: readonly PlannedCell[]
}

export interface StageCellsRequest {
  readonly matrix: Matrix
  readonly model: MatrixModel
  readonly definitions: readonly ResolvedStage[]
  readonly planned: PlannedRows
  readonly includes: IncludeEntries
  /** Why each symbol is risky, empty where it is plain. */
  readonly labels: readonly string[]
  readonly options: PlanOptions
}

/** The stages with their cells in running order; cells that `include` adds come last in the last stage. */
export function stageCells(request: StageCellsRequest): PlannedStage[] {
  const { definitions, planned, includes } = request
  const before: Int32Array[] = []
  const seen = new Set<number>()
  return definitions.map((stage, index) => {
    const rows = planned.rows.filter((row) => row.stage === index).map(({ row }) => row)
    const sorted = stage.kind === 'smoke' ? rows : inOrder(rows, before, request)
    for (const row of rows) before.push(row)
    const cells = sorted.map((row) => cellOf(row, stage, seen, request))
    const added = index === lastPlanned(definitions) ? includes.added : []
    return {
      id: stage.id,
      title: stage.title,
      cells: [...cells, ...added.map(addedCell)],
    }
  })
}

function inOrder(
  rows: readonly Int32Array[],
  before: readonly Int32Array[],
  request: StageCellsRequest,
): Int32Array[] {
  const { model, options } = request
  const configurations = rows.map((row) => model.toConfiguration(row))
  const failures = failuresBySymbol(model, options)
  const failed = failureOfSame(options)
  const order = orderRows(rows, before, {
    likelihood: (at) => likelihood(rows[at]!, model),
    pastFailure: (at) =>
      Math.max(failed(configurations[at]!), ...Array.from(rows[at]!, (symbol) => failures[symbol]!)),
    duration: (at) => options.durationOf?.(configurations[at]!) ?? 0,
  })
  return order.map((at) => rows[at]!)
}

/** How often this very configuration failed, 0 to 1; the values that it consists of may be innocent one by one. */
function failureOfSame({ history = [] }: PlanOptions): (configuration: Configuration) => number {
  const past = Map.groupBy(history, ({ configuration }) => canonicalJson(configuration))
  return (configuration) => {
    const same = past.get(canonicalJson(configuration)) ?? []
    return same.length === 0 ? 0 : same.filter(({ failed }) => failed).length / same.length
  }
}

function failuresBySymbol(model: MatrixModel, options: PlanOptions): number[] {
  const history = options.history ?? []
  return model.vocabulary.flatMap((axis) =>
    axis.values.map((value) => failureShare(axis.id, value.id, history)),
  )
}

function cellOf(
  row: Int32Array,
  stage: ResolvedStage,
  seen: Set<number>,
  request: StageCellsRequest,
): PlannedCell {
  const { model, labels, includes } = request
  const fresh = newPairs(row, seen)
  for (const pair of pairsOf(row)) seen.add(pair)
  const reasons =
    stage.kind === 'smoke'
      ? [...new Set(Array.from(row, (symbol) => labels[symbol]!).filter((label) => label !== ''))]
      : []
  const pairs = `${fresh} new ${fresh === 1 ? 'pair' : 'pairs'}`
  const purpose = fresh === 0 ? deeperPurpose(stage) : pairs
  return {
    configuration: includes.extend(model.toConfiguration(row)),
    purpose: [...reasons.slice(0, 4), purpose].join(', '),
  }
}

function deeperPurpose(stage: ResolvedStage): string {
  return stage.kind === 'full' ? 'the full matrix' : `combinations of ${Math.max(3, stage.strength)} values`
}

function addedCell(configuration: Configuration): PlannedCell {
  return { configuration, purpose: 'added by include' }
}

function likelihood(row: Int32Array, model: MatrixModel): number {
  return row.reduce((product, symbol) => product * model.shares[symbol]!, 1)
}
