/** A fault of a matrix that its schema cannot see. */
export interface MatrixProblem {
  /** Where in the matrix, as keys and indexes from its root. */
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly hint?: string
  /** For a problem inside the text of a rule: the place in that text, both from 1. */
  readonly line?: number
  readonly column?: number
  /** For a contradiction: the paths of the constraints that it takes, so that their lines can be named. */
  readonly because?: readonly (readonly (string | number)[])[]
}
