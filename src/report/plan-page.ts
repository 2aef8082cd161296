/** What the page of a plan draws: the plan in one flat, small shape, with how each two axes are covered. */
import type { Configuration } from '../model/matrix.ts'
import type { Plan } from '../model/plan.ts'

/** What was measured of the plan's configurations. */
export interface PlanMeasures {
  /** Every two axes: how many pairs of their values can be, and how many of these occur. */
  readonly pairs: readonly {
    readonly axes: readonly string[]
    readonly feasible: number
    readonly covered: number
  }[]
  /** Combinations of the plan's strength that its cells and those that passed before show; absent where the plan measured none. */
  readonly together: { readonly covered: number; readonly feasible: number } | undefined
  /** Feasible combinations that no cell shows, the smallest first. */
  readonly uncovered: readonly Configuration[]
  /** Whether there are more than listed. */
  readonly uncoveredMore: boolean
  /** Share of the customers' machines, by the weights, whose combinations of the plan's strength all occur. */
  readonly fleet: number
}

export interface PlanPageParts {
  readonly plan: Plan
  readonly toolVersion: string
  readonly measures: PlanMeasures
  /** With all hosts of the lab side by side; absent without a lab. */
  readonly cost?: { readonly milliseconds: number; readonly cost: number } | undefined
  /** What an earlier run has shown already; the plan adds to it. */
  readonly since?: readonly Configuration[] | undefined
}

/** Plain data, made into inert JSON by the caller. */
export function planPage({ plan, toolVersion, measures, cost, since }: PlanPageParts): unknown {
  const weighted = plan.axes.some(({ values }) => values.some(({ weight }) => weight !== values[0]?.weight))
  return {
    tool: { version: toolVersion },
    plan: {
      id: plan.id,
      seed: plan.seed,
      strength: plan.strength,
      lowerBound: plan.lowerBound,
      provedMinimal: plan.provedMinimal,
      repeats: plan.settings.repeats,
    },
    matrix: {
      title: plan.title ?? plan.matrix,
      axes: plan.axes.map(({ id, title, values }) => ({
        id,
        title: title ?? id,
        values: values.map((value) => ({ id: value.id, title: value.title ?? value.id })),
      })),
    },
    stages: plan.stages.map(({ id, title }) => ({ id, title })),
    cells: plan.cells.map(({ id, stage, configuration, purpose, expectedSeconds }) => ({
      id,
      stage,
      configuration,
      purpose,
      seconds: expectedSeconds,
    })),
    coverage: plan.coverage,
    ...measures,
    weighted,
    cost,
    since,
    infeasible: plan.infeasible,
    infeasibleCount: plan.infeasibleCount,
    warnings: plan.warnings,
    inputs: plan.inputs.map(({ role, name, sha256 }) => ({ role, name, sha256 })),
  }
}
