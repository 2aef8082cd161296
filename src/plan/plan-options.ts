import type { Configuration } from '../model/matrix.ts'
import type { PastCell } from './past-cells.ts'

/** What the planner is asked for besides the matrix. */
export interface PlanOptions {
  /** The random seed for ties. */
  readonly seed: number
  /** Replaces the strength of the deepest stage. */
  readonly strength?: number
  /** Seconds of search on the reference machine; counted in steps, so that the plan does not depend on the machine. */
  readonly effort: number
  /** Configurations that passed in an earlier run: what they showed is not planned again … */
  readonly since?: readonly Configuration[]
  /** … except combinations with these values, which have changed since: axis to value ids. */
  readonly changed?: Readonly<Record<string, readonly string[]>>
  /** Cells of earlier runs: values that failed before come first. */
  readonly history?: readonly PastCell[]
  /** Expected duration of a cell, in any unit: of equally useful cells the shorter one comes first. */
  readonly durationOf?: (configuration: Configuration) => number
}
