/** What the page of a plan draws: the plan, with how each two axes are covered. */
import type { Configuration } from './matrix.ts'
import type { Plan, PlannedCell } from './plan.ts'

/** What was measured of the plan's configurations. */
export interface PlanMeasures {
  /** Every two axes: how many pairs of their values can be, and how many of these occur. */
  readonly pairs: readonly AxisPair[]
  /** Combinations of the plan's strength that its cells and those that passed before show; absent where the plan measured none. */
  readonly together: { readonly covered: number; readonly feasible: number } | undefined
  /** Feasible combinations that no cell shows, the smallest first. */
  readonly uncovered: readonly Configuration[]
  /** Whether there are more than listed. */
  readonly uncoveredMore: boolean
  /** Share of the customers' machines, by the weights, whose combinations of the plan's strength all occur. */
  readonly fleet: number
}

export interface AxisPair {
  readonly axes: readonly string[]
  readonly feasible: number
  readonly covered: number
}

export type PlanPageCell = Pick<PlannedCell, 'id' | 'stage' | 'configuration' | 'purpose' | 'expectedSeconds'>

export interface PlanPage extends PlanMeasures {
  readonly toolVersion: string
  readonly plan: Omit<Plan, 'cells'>
  readonly cells: readonly PlanPageCell[]
  /** Whether any value has a weight. */
  readonly weighted: boolean
  /** With all hosts of the lab side by side; absent without a lab. */
  readonly cost?: { readonly milliseconds: number; readonly cost: number } | undefined
  /** What an earlier run has shown already; the plan adds to it. */
  readonly since?: readonly Configuration[] | undefined
}
