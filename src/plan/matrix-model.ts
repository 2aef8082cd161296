/** A matrix as the planner's numbers, and the way back from numbers to names. */
import type { Configuration, Matrix } from '../model/matrix.ts'
import { compileConstraints } from './constraints/compile-constraints.ts'
import type { ConstraintSource } from './constraints/compile-constraints.ts'
import type { Vocabulary } from './constraints/vocabulary.ts'
import { ConstraintSolver } from './covering/constraint-solver.ts'
import { coveringModel } from './covering/covering-model.ts'
import type { CoveringModel } from './covering/covering-model.ts'
import type { MatrixProblem } from '../model/matrix-problem.ts'

export interface MatrixModel {
  readonly vocabulary: Vocabulary
  readonly model: CoveringModel
  readonly solver: ConstraintSolver
  readonly sources: readonly ConstraintSource[]
  readonly problems: readonly MatrixProblem[]
  /** Share of the fleet of each symbol among the values of its axis; the shares of an axis add up to 1. */
  readonly shares: Float64Array
  /** Symbol of an axis' value, or −1 if the matrix does not have them. */
  symbolOf(axis: string, value: string): number
  /** Symbols in axis order; −1 for an axis that the configuration leaves out or whose value is unknown. */
  toRow(configuration: Configuration): Int32Array
  toConfiguration(row: Int32Array): Configuration
}

/** Builds the model; what is wrong with the constraints is in `problems`, and those constraints then forbid nothing. */
export function matrixModel(matrix: Matrix): MatrixModel {
  const vocabulary: Vocabulary = Object.entries(matrix.axes).map(([id, axis]) => ({
    id,
    values: axis.values.map((value) => ({
      id: value.id,
      negative: value.negative ?? false,
      attributes: value.attributes ?? {},
    })),
  }))
  const levels = vocabulary.map((axis) => axis.values.length)
  const { offsets } = coveringModel(levels, [])
  const { boxes, sources, problems } = compileConstraints(matrix, vocabulary, offsets)
  const model = coveringModel(levels, boxes)
  const symbols = new Map<string, Map<string, number>>()
  vocabulary.forEach((axis, at) => {
    symbols.set(axis.id, new Map(axis.values.map((value, place) => [value.id, offsets[at]! + place])))
  })
  const symbolOf = (axis: string, value: string): number => symbols.get(axis)?.get(value) ?? -1
  return {
    vocabulary,
    model,
    solver: new ConstraintSolver(model),
    sources,
    problems,
    shares: fleetShares(matrix),
    symbolOf,
    toRow: (configuration) =>
      Int32Array.from(vocabulary, (axis) => {
        const value = configuration[axis.id]
        return value === undefined ? -1 : symbolOf(axis.id, value)
      }),
    toConfiguration: (row) =>
      Object.fromEntries(vocabulary.map((axis, at) => [axis.id, axis.values[row[at]! - offsets[at]!]!.id])),
  }
}

function fleetShares(matrix: Matrix): Float64Array {
  const shares = Object.values(matrix.axes).flatMap((axis) => {
    const total = axis.values.reduce((sum, value) => sum + (value.weight ?? 1), 0)
    return axis.values.map((value) => (total > 0 ? (value.weight ?? 1) / total : 1 / axis.values.length))
  })
  return Float64Array.from(shares)
}
