/** `ringzero plan --html FILE`: the plan's coverage as one page that opens from the file system. */
import { writeFileAtomic } from '../kit/files.ts'
import { fillPage } from '../kit/inert-page.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import type { Plan } from '../model/plan.ts'
import type { PlanMeasures } from '../model/plan-page.ts'
import { measureCoverage } from '../plan/coverage.ts'
import { fleetCoverage } from '../plan/fleet-coverage.ts'
import { withoutValues } from '../plan/withheld-values.ts'
import { planPage } from '../report/plan-page.ts'
import { checkPageTarget } from './check-page-target.ts'
import { toolVersion } from './tool-version.ts'

/** Uncovered combinations that the page lists. */
const LISTED = 200

export interface PlanPageRequest {
  /** Where to write. */
  readonly file: string
  readonly matrix: Matrix
  readonly plan: Plan
  readonly cost: { readonly milliseconds: number; readonly cost: number } | undefined
  readonly since: readonly Configuration[] | undefined
}

/** Measures, draws and writes; returns the absolute path. @throws AppError OUTPUT_EXISTS, OUTPUT_FOLDER (user) */
export async function writePlanPage(request: PlanPageRequest): Promise<string> {
  const { matrix, plan, cost, since } = request
  const file = await checkPageTarget(request.file)
  await writeFileAtomic(
    file,
    await fillPage('plan', [
      {
        id: 'data',
        data: planPage(plan, measuresOf(request), { toolVersion: toolVersion(), cost, since }),
      },
    ]),
  )
  return file

  function measuresOf({ since: earlier = [] }: PlanPageRequest): PlanMeasures {
    const configurations = [...earlier, ...plan.cells.map(({ configuration }) => configuration)]
    const testable = withoutValues(matrix, plan.withheld ?? [])
    const measured = measureCoverage(testable, configurations, { strengths: [1, 2], uncoveredLimit: LISTED })
    const asked = plan.coverage.some(({ strength }) => strength === plan.strength)
    const together = asked
      ? measureCoverage(testable, configurations, { strengths: [plan.strength], uncoveredLimit: 0 })
          .strengths[0]
      : undefined
    return {
      together:
        together === undefined ? undefined : { covered: together.covered, feasible: together.feasible },
      pairs: measured.strengths.find(({ strength }) => strength === 2)?.perAxes ?? [],
      uncovered: measured.uncovered,
      uncoveredMore: measured.truncated,
      fleet: fleetCoverage(matrix, configurations, { strength: plan.strength, seed: plan.seed }).share,
    }
  }
}
