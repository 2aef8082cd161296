import type { Configuration, Matrix } from '../model/matrix.ts'
import { matrixModel } from './matrix-model.ts'

/** Whether some valid configuration holds these values (any part of one); false for a value that the matrix does not have. */
export function feasibleCombination(matrix: Matrix): (partial: Configuration) => boolean {
  const model = matrixModel(matrix)
  return (partial) => {
    const symbols = Object.entries(partial).map(([axis, value]) => model.symbolOf(axis, value))
    return !symbols.includes(-1) && model.solver.extendable(symbols)
  }
}
