/** `ringzero coverage --incidents`: which known incidents the plan of a matrix would have shown. */
import { knownIncidents } from '../inputs/load-known-incidents.ts'
import type { Plan } from '../model/plan.ts'
import { countIncidents, coverIncidents, type IncidentVerdict } from '../plan/incident-coverage.ts'
import { builtIn } from '../plugins/built-in.ts'
import type { Logger } from '../sdk/context.ts'
import { incidentGround } from './incident-ground.ts'
import { openPlanInputs } from './plan-files.ts'
import { planMatrix } from './plan-matrix.ts'
import { workingContext } from './working-context.ts'

export interface IncidentReport {
  readonly schema: 'ringzero/incidents/1'
  readonly matrix: string
  /** Planned without a lab: nothing is known of hosts, and products are taken to be in place and used. */
  readonly withoutLab: boolean
  readonly source: string
  readonly counts: NonNullable<Plan['incidents']>
  readonly incidents: readonly IncidentVerdict[]
}

/**
 * Plans as `plan` does by default; nothing boots.
 * @throws AppError with fault user for whatever is wrong in the files
 */
export async function coverIncidentsOf(
  matrix: string,
  lab: string | undefined,
  signal: AbortSignal,
  log: Logger,
): Promise<IncidentReport> {
  const { request } = await openPlanInputs(
    { matrix, ...(lab === undefined ? {} : { lab }), seed: 1, effort: 2, isolate: 0 },
    workingContext(signal, log),
  )
  const plan = await planMatrix(request, signal)
  const { only, skip = [] } = request.loaded.matrix.checks ?? {}
  const checks = (lab === undefined ? (builtIn.checks ?? []) : request.checks).filter(
    ({ id }) => (only === undefined || only.includes(id)) && !skip.includes(id),
  )
  const known = knownIncidents()
  const incidents = coverIncidents(
    known,
    incidentGround(request, plan.cells, plan.settings.soakSeconds, checks),
  )
  return {
    schema: 'ringzero/incidents/1',
    matrix: plan.matrix,
    withoutLab: lab === undefined,
    source: known.source,
    counts: countIncidents(incidents),
    incidents,
  }
}
