/**
 * Workers that are killed and stopped at random while they run the cells of one run on a real PostgreSQL: nothing is lost, nothing is
 * counted twice, no host is over-committed, no machine is left. `RINGZERO_BENCH_WORKERS="WORKERS CELLS FAULTS"` changes the size.
 */
import { openDatabase } from '../../../src/fleet/database.ts'
import { monotonicMs, systemClock } from '../../../src/kit/clock.ts'
import { seededRandom } from '../../../src/kit/random.ts'
import { FleetProject, until, type Started } from '../../stand-ins/fleet-project.ts'
import { postgresPrograms, startPostgres } from '../../stand-ins/postgres-server.ts'
import type { BenchResult } from './bench-result.ts'

const [workerCount = 8, cellCount = 300, faultCount = 30] = (process.env['RINGZERO_BENCH_WORKERS'] ?? '')
  .split(' ')
  .filter((part) => part !== '')
  .map(Number)
const SEED = 7
const MACHINES = 4

export async function benchWorkers(): Promise<BenchResult> {
  const name = `${workerCount} workers × ${cellCount} cells × ${faultCount} kills and stops on PostgreSQL`
  if (postgresPrograms() === undefined)
    return { name, passed: false, lines: ['NOT RUN: PostgreSQL is missing; apt-get install postgresql'] }
  const server = startPostgres(workerCount * 4 + 60)
  const project = new FleetProject(Math.ceil(cellCount / 2), {}, server.url)
  const database = await openDatabase(server.url, 2)
  try {
    return { name, ...(await measured(project, database, () => server.restart())) }
  } finally {
    await project.stop()
    await database.close()
    server.stop()
  }
}

type Database = Awaited<ReturnType<typeof openDatabase>>

async function measured(
  project: FleetProject,
  database: Database,
  restartDatabase: () => void,
): Promise<Omit<BenchResult, 'name'>> {
  const up = await project.ringzero('queue', 'up')
  if (up.code !== 0) throw new Error(up.said)
  const names = Array.from({ length: workerCount }, (_, index) => `w${index}`)
  const workers = new Map<string, Started>(names.map((worker) => [worker, project.worker(worker)]))
  const over: string[] = []
  const counts = { killed: 0, stopped: 0, coordinator: 0, database: 0 }
  const common = ['--workers', '--worker-silence-seconds', '10']
  const began = monotonicMs()
  let run = project.start(
    'run',
    'matrix.yaml',
    '--candidate',
    'update',
    '--run-dir',
    'run',
    '--effort',
    '0',
    ...common,
  )
  const ended = new AbortController()
  const random = seededRandom(SEED)
  const sampling = (async () => {
    while (!ended.signal.aborted) {
      over.push(...(await overCommitted(database, project, names).catch(() => [])))
      await systemClock.sleep(200)
    }
  })()
  await until(() => project.journal('run').length > 20, run)
  for (let fault = 0; fault < faultCount && run.child.exitCode === null; fault += 1) {
    await systemClock.sleep(random() * Number(process.env['RINGZERO_BENCH_PAUSE_MS'] ?? 900))
    const worker = names[Math.floor(random() * names.length)] ?? ''
    const started = workers.get(worker)
    const dice = random()
    if (dice < 0.06) {
      counts.coordinator += 1
      run.child.kill('SIGKILL')
      await run.ended
      run = project.start('resume', 'run', ...common)
    } else if (dice < 0.08) {
      counts.database += 1
      restartDatabase()
    } else if (dice < 0.4) {
      counts.stopped += 1
      started?.child.kill('SIGSTOP')
      void systemClock.sleep(3000 + random() * 20_000).then(() => started?.child.kill('SIGCONT'))
    } else {
      counts.killed += 1
      started?.child.kill('SIGKILL')
      await started?.ended
      workers.set(worker, project.worker(worker))
    }
  }
  const code = await run.ended
  const seconds = (monotonicMs() - began) / 1000
  const left = await leftOver(database, project, names)
  ended.abort()
  await sampling
  const report = project.report('run')
  const events = project.journal('run')
  const closed = events.flatMap((event) => (event.type === 'attempt-closed' ? [event] : []))
  const idOf = ({ cell, arm, attempt }: (typeof closed)[number]): string => `${cell} ${arm} ${attempt}`
  const twice = closed.length - new Set(closed.map(idOf)).size
  const completed = closed.filter(({ end, arm }) => end === 'completed' && arm === 'candidate')
  const counted = completed.length - new Set(completed.map(({ cell }) => cell)).size
  const lost = report.cells.filter(({ verdict }) => verdict.outcome !== 'pass')
  const passed = lost.length + twice + counted + over.length + left.length === 0 && code === 3
  return {
    passed,
    lines: [
      `${report.cells.length} cells in ${seconds.toFixed(0)} s, ${closed.length} attempts, ${closed.length - closed.filter(({ end }) => end === 'completed').length} of them lost with their worker and tried again`,
      `${counts.killed} workers killed, ${counts.stopped} stopped for 3 to 23 s, ${counts.coordinator} coordinators killed and resumed, ${counts.database} times the database`,
      `cells lost: ${lost.length}${
        lost.length === 0
          ? ''
          : ` (${lost
              .slice(0, 3)
              .map(({ verdict }) => `${verdict.outcome}: ${verdict.because}`)
              .join('; ')})`
      }`,
      `ended twice: ${twice}, counted twice: ${counted}`,
      `over-committed: ${over.length}${over.length === 0 ? '' : ` (${over.slice(0, 3).join('; ')})`}`,
      `machines and leases left: ${left.length}${left.length === 0 ? '' : ` (${left.slice(0, 3).join('; ')})`}`,
      `exit code ${code} (a simulated run that passes: 3)${code === 3 ? '' : run.said().slice(-600)}`,
    ],
  }
}

/** Hosts on which leases, or machines that exist, take more than there is. */
async function overCommitted(
  database: Database,
  project: FleetProject,
  names: readonly string[],
): Promise<readonly string[]> {
  const rows = await database.query(
    `select worker, count(*)::int as machines, sum(vcpus)::int as vcpus, sum(memory_mib)::int as memory from ringzero.lease
      group by worker having count(*) > ${MACHINES} or sum(vcpus) > 8 or sum(memory_mib) > 8192`,
  )
  return [
    ...rows.map((row) => `leases ${JSON.stringify(row)}`),
    ...names.flatMap((name) => {
      const count = project.machines(name).length
      return count > MACHINES ? [`${name} has ${count} machines`] : []
    }),
  ]
}

/** What is still there when workers had time to put away what they lost. */
async function leftOver(
  database: Database,
  project: FleetProject,
  names: readonly string[],
): Promise<readonly string[]> {
  let left: readonly string[] = []
  for (let wait = 0; wait < 150; wait += 1) {
    const rows = await database.query('select job::text, worker from ringzero.lease')
    left = [
      ...rows.map((row) => JSON.stringify(row)),
      ...names.flatMap((name) => project.machines(name).map((machine) => `${name}: ${machine}`)),
    ]
    if (left.length === 0) return []
    await systemClock.sleep(200)
  }
  return left
}
