/** What the page of a plan draws: the plan without its machines, with how each two axes are covered. */
import type { Plan } from '../model/plan.ts'
import type { PlanMeasures, PlanPage } from '../model/plan-page.ts'

/** The parts of the page's data, put together; plain data that the caller turns into inert JSON. */
export function planPage(
  plan: Plan,
  measures: PlanMeasures,
  more: Pick<PlanPage, 'toolVersion' | 'cost' | 'since'>,
): PlanPage {
  const { cells, ...rest } = plan
  return {
    ...more,
    ...measures,
    plan: rest,
    weighted: plan.axes.some(({ values }) => values.some(({ weight }) => weight !== values[0]?.weight)),
    cells: cells.map(({ id, stage, configuration, purpose, expectedSeconds }) => ({
      id,
      stage,
      configuration,
      purpose,
      expectedSeconds,
    })),
  }
}
