import type { Configuration } from '../model/matrix.ts'
import type { PastResult } from './value-risk.ts'

/** What the planner is asked for besides the matrix. */
export interface PlanOptions {
  /** All choices between equals come from it. */
  readonly seed: number
  /** Replaces the strength of the deepest stage. */
  readonly strength?: number
  /** Seconds of search on the reference machine; counted in steps, so that the plan does not depend on the machine. */
  readonly effort: number
  /** Configurations that passed in an earlier run: what they showed is not planned again … */
  readonly since?: readonly Configuration[]
  /** … except combinations with these values, which have changed since: axis to value ids. */
  readonly changed?: Readonly<Record<string, readonly string[]>>
  readonly history?: readonly PastResult[]
  /** Expected duration of a cell, in any unit. */
  readonly durationOf?: (configuration: Configuration) => number
}
