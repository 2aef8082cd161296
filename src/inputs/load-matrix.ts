/** Reads a matrix file; what the planner's own check finds is told with the line of the file it stands in. */
import { resolve } from 'node:path'
import type { Problem, Where } from '../model/errors.ts'
import { MatrixSchema, type Matrix } from '../model/matrix.ts'
import type { MatrixProblem } from '../model/matrix-problem.ts'
import { invalidInput, loadYaml, type LoadedYaml } from './load-yaml.ts'

export interface LoadedMatrix {
  readonly matrix: Matrix
  readonly file: string
  readonly sha256: string
  /** What was left out in reading it, with its line. */
  readonly warnings?: readonly string[]
  /** Position of a path inside the file; absent where the matrix was not read from YAML. */
  readonly where?: (path: readonly PropertyKey[]) => Where
}

/**
 * The matrix at `path`. What its schema cannot see is found by `check`, the planner's.
 * @throws AppError INPUT_INVALID or INPUT_MISSING with all problems
 */
export async function loadMatrix(
  path: string,
  check: (matrix: Matrix) => readonly MatrixProblem[],
): Promise<LoadedMatrix> {
  const file = resolve(path)
  const loaded = await loadYaml(file, MatrixSchema, 'matrix')
  const matrix = keepLastZeros(loaded)
  const problems = check(matrix).map((problem): Problem => ({
    message: problem.message,
    ...(problem.hint === undefined ? {} : { hint: `${problem.hint}${linesOf(problem)}` }),
    where:
      problem.line === undefined
        ? loaded.where(problem.path)
        : loaded.whereInside(problem.path, problem.line, problem.column ?? 1),
  }))
  if (problems.length > 0) throw invalidInput(file, 'matrix', problems)
  return { matrix, file, sha256: loaded.sha256, where: (steps) => loaded.where(steps) }

  /** Where the constraints of a contradiction stand. */
  function linesOf({ because = [] }: MatrixProblem): string {
    const lines = because.flatMap((steps) => loaded.where(steps).line ?? []).toSorted((a, b) => a - b)
    if (lines.length === 0) return ''
    return lines.length === 1 ? ` (line ${lines[0]})` : ` (lines ${lines.join(', ')})`
  }
}

/** To YAML 26100.4890 is the number 26100.489: an attribute that is written so stays as it is written. */
function keepLastZeros(loaded: LoadedYaml<Matrix>): Matrix {
  const { axes } = loaded.value
  const entries = Object.entries(axes).map(([id, axis]) => {
    const values = axis.values.map((value, index) => {
      if (value.attributes === undefined) return value
      const attributes = Object.entries(value.attributes).map(([name, scalar]) => {
        if (typeof scalar !== 'number') return [name, scalar] as const
        const written = loaded.spelling(['axes', id, 'values', index, 'attributes', name])
        return [name, written !== undefined && /^\d+\.\d*0$/.test(written) ? written : scalar] as const
      })
      return { ...value, attributes: Object.fromEntries(attributes) }
    })
    return [id, { ...axis, values }] as const
  })
  return { ...loaded.value, axes: Object.fromEntries(entries) }
}
