/** What must hold of a run by workers, whatever was killed and stopped meanwhile. */
import type { Database } from '../../src/fleet/database.ts'
import { systemClock } from '../../src/kit/clock.ts'
import type { FleetProject } from './fleet-project.ts'

/** Of the one simulated host of each worker. */
export const HOST = { vcpus: 8, memoryMiB: 8192, machines: 4 }

/** Hosts on which leases, or machines that exist, take more than there is. */
export async function overCommitted(
  database: Database,
  project: FleetProject,
  workers: readonly string[],
): Promise<readonly string[]> {
  const rows = await database.query(
    `select worker, count(*)::int as machines, sum(vcpus)::int as vcpus, sum(memory_mib)::int as memory from ringzero.lease
      group by worker having count(*) > ${HOST.machines} or sum(vcpus) > ${HOST.vcpus} or sum(memory_mib) > ${HOST.memoryMiB}`,
  )
  return [
    ...rows.map((row) => `leases ${JSON.stringify(row)}`),
    ...workers.flatMap((name) => {
      const count = project.machines(name).length
      return count > HOST.machines ? [`${name} has ${count} machines`] : []
    }),
  ]
}

/** Looks again and again until `ended` aborts. @returns all that was ever over-committed */
export async function watchForOverCommitment(
  database: Database,
  project: FleetProject,
  workers: readonly string[],
  ended: AbortSignal,
): Promise<readonly string[]> {
  const found: string[] = []
  while (!ended.aborted) {
    // The database may be away.
    found.push(...(await overCommitted(database, project, workers).catch(() => [])))
    await systemClock.sleep(200)
  }
  return found
}

/** Shares that are taken, machines that exist, attempts that are kept and rows of a run. */
export async function leftOver(
  database: Database,
  project: FleetProject,
  workers: readonly string[],
): Promise<readonly string[]> {
  const tables = ['lease', 'run', 'attempt', 'delivery', 'evidence', 'candidate_file', 'sort', 'fitness']
  const rows = await Promise.all(
    tables.map(async (table) => {
      const [row] = await database.query(`select count(*)::int as count from ringzero.${table}`)
      return { table, count: Number(row?.['count']) }
    }),
  )
  const jobs = await database.query('select id::text from ringzero_jobs.job')
  return [
    ...rows.filter(({ count }) => count > 0).map(({ table, count }) => `${count} rows of ${table}`),
    ...jobs.map(({ id }) => `job ${String(id)}`),
    ...workers.flatMap((name) => project.machines(name).map((machine) => `${name}: ${machine}`)),
    ...workers.flatMap((name) => project.keptAttempts(name).map((attempt) => `${name} keeps ${attempt}`)),
  ]
}

export interface RunFigures {
  readonly cells: number
  readonly attempts: number
  /** Attempts that ended with their host or worker. */
  readonly repeated: number
  /** Cells without a pass, and why. */
  readonly lost: readonly string[]
  /** Attempts with two ends. */
  readonly endedTwice: number
  /** Cells whose candidate completed more often than the plan wants. */
  readonly countedTwice: number
}

/** What journal and report of a run say; each cell of its plan passes and is wanted once. */
export function figuresOf(project: FleetProject, run: string): RunFigures {
  const report = project.report(run)
  const closed = project.journal(run).flatMap((event) => (event.type === 'attempt-closed' ? [event] : []))
  const completed = closed.filter(({ end, arm }) => end === 'completed' && arm === 'candidate')
  return {
    cells: report.cells.length,
    attempts: closed.length,
    repeated: closed.filter(({ end }) => end !== 'completed').length,
    lost: report.cells
      .filter(({ verdict }) => verdict.outcome !== 'pass')
      .map(({ verdict }) => `${verdict.outcome}: ${verdict.because}`),
    endedTwice:
      closed.length - new Set(closed.map(({ cell, arm, attempt }) => `${cell} ${arm} ${attempt}`)).size,
    countedTwice: completed.length - new Set(completed.map(({ cell }) => cell)).size,
  }
}
