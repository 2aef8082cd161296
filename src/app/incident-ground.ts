/** What a plan and the files that it was made from say to the known incidents. */
import type { PlannedCell } from '../model/plan.ts'
import type { IncidentGround } from '../plan/incident-coverage.ts'
import type { LookingCheck } from '../plan/visibility.ts'
import type { PlanRequest } from './plan-request.ts'

/** `checks` are those that look in this run. */
export function incidentGround(
  { loaded, products, lab, offers }: PlanRequest,
  cells: readonly PlannedCell[],
  soakSeconds: number,
  checks: readonly LookingCheck[],
): IncidentGround {
  return {
    matrix: loaded.matrix,
    cells,
    soakSeconds,
    checks,
    products,
    ...(lab === undefined ? {} : { lab: { images: lab.images ?? [], offers } }),
  }
}
