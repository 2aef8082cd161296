/** What a run has shown: combinations on passing machines, and how much of the customers' fleet that is. */
import { systemClock } from '../kit/clock.ts'
import { loadFleet } from '../inputs/load-fleet.ts'
import { judgeRun } from './judge-run.ts'
import { DEFAULT_POLICY } from '../model/policy.ts'
import { readRunInputs } from '../record/run-inputs.ts'
import { measureCoverage, type CoverageReport } from '../plan/coverage.ts'
import { fleetCoverage, type FleetCoverage } from '../plan/fleet-coverage.ts'
import { withoutValues } from '../plan/withheld-values.ts'

export interface RunCoverage {
  readonly schema: 'ringzero/coverage/1'
  readonly run: string
  readonly passed: number
  readonly combinations: CoverageReport
  readonly fleet: FleetCoverage
}

/** @throws AppError RUN_UNREADABLE, INPUT_MISSING, INPUT_INVALID (user) */
export async function coverRun(runFolder: string, fleetFile: string | undefined): Promise<RunCoverage> {
  const { matrix } = await readRunInputs(runFolder)
  const { report, plan } = await judgeRun(runFolder, DEFAULT_POLICY, systemClock.now())
  const passed = report.cells
    .filter(({ verdict }) => verdict.outcome === 'pass')
    .map(({ planned }) => planned.configuration)
  const fleet = fleetFile === undefined ? undefined : await loadFleet(fleetFile, matrix)
  return {
    schema: 'ringzero/coverage/1',
    run: report.run.id,
    passed: passed.length,
    combinations: measureCoverage(withoutValues(matrix, plan.withheld ?? []), passed, {
      uncoveredLimit: 200,
    }),
    fleet: fleetCoverage(matrix, passed, {
      strength: plan.strength,
      seed: plan.seed,
      ...(fleet === undefined ? {} : { fleet }),
    }),
  }
}
