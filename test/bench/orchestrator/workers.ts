/**
 * Workers that are killed, stopped, cut off and set wrong at random while they run the cells of one run on a real PostgreSQL: nothing is
 * lost, nothing is counted twice, no host is over-committed, nothing is left. `RINGZERO_BENCH_WORKERS="WORKERS CELLS FAULTS"` changes
 * the size.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../../src/fleet/database.ts'
import { monotonicMs, systemClock } from '../../../src/kit/clock.ts'
import { seededRandom } from '../../../src/kit/random.ts'
import { cutOffProxy } from '../../stand-ins/cut-off-proxy.ts'
import { FleetProject, until, type Started } from '../../stand-ins/fleet-project.ts'
import { figuresOf, leftOver, watchForOverCommitment } from '../../stand-ins/fleet-proof.ts'
import { postgresPrograms, startPostgres, type PostgresServer } from '../../stand-ins/postgres-server.ts'
import type { BenchResult } from './bench-result.ts'

const [workerCount = 8, cellCount = 300, faultCount = 30] = (process.env['RINGZERO_BENCH_WORKERS'] ?? '')
  .split(' ')
  .filter((part) => part !== '')
  .map(Number)
const SEED = 7
/** At a time; every second worker goes to the database through a proxy of its own. */
const LONGEST_CUT_MS = 25_000
const CLOCK = {
  NODE_OPTIONS: `--import=${new URL('../../stand-ins/jumping-clock.ts', import.meta.url).href}`,
}

export async function benchWorkers(): Promise<BenchResult> {
  const name = `${workerCount} workers × ${cellCount} cells × ${faultCount} faults on PostgreSQL`
  if (postgresPrograms() === undefined)
    return { name, passed: false, lines: ['NOT RUN: PostgreSQL is missing; apt-get install postgresql'] }
  const server = startPostgres(workerCount * 4 + 60)
  const project = new FleetProject(Math.ceil(cellCount / 2), {}, server.url)
  const database = await openDatabase(server.url, 2)
  try {
    return { name, ...(await measured(project, database, server)) }
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
  server: PostgresServer,
): Promise<Omit<BenchResult, 'name'>> {
  const up = await project.ringzero('queue', 'up')
  if (up.code !== 0) throw new Error(up.said)
  const names = Array.from({ length: workerCount }, (_, index) => `w${index}`)
  const proxies = new Map(
    await Promise.all(
      names
        .filter((_, index) => index % 2 === 1)
        .map(async (name) => {
          const folder = join(project.folder, `way-${name}`)
          mkdirSync(folder)
          return [
            name,
            { folder, proxy: await cutOffProxy(join(folder, '.s.PGSQL.5432'), server.socket) },
          ] as const
        }),
    ),
  )
  const random = seededRandom(SEED)
  const begin = (name: string): Started => {
    const way = proxies.get(name)
    return project.worker(name, {
      ...CLOCK,
      RINGZERO_TEST_CLOCK_MS: String(Math.round((random() - 0.5) * 1_200_000)),
      ...(way === undefined
        ? {}
        : {
            RINGZERO_DATABASE_URL: `postgres://postgres@localhost/postgres?host=${encodeURIComponent(way.folder)}`,
          }),
    })
  }
  const workers = new Map<string, Started>(names.map((worker) => [worker, begin(worker)]))
  const counts = { killed: 0, stopped: 0, cut: 0, jumped: 0, coordinator: 0, database: 0 }
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
  const sampling = watchForOverCommitment(database, project, names, ended.signal)
  await until(() => project.journal('run').length > 20, run)
  for (let fault = 0; fault < faultCount && run.child.exitCode === null; fault += 1) {
    await systemClock.sleep(random() * Number(process.env['RINGZERO_BENCH_PAUSE_MS'] ?? 900))
    const worker = names[Math.floor(random() * names.length)] ?? ''
    const started = workers.get(worker)
    const way = proxies.get(worker)
    const dice = random()
    if (dice < 0.04) {
      counts.coordinator += 1
      run.child.kill('SIGKILL')
      await run.ended
      run = project.start('resume', 'run', ...common)
    } else if (dice < 0.06) {
      counts.database += 1
      server.halt()
      await systemClock.sleep(random() * 5000)
      server.start()
    } else if (dice < 0.2) {
      counts.jumped += 1
      // A process that has not loaded the clock yet would die of it.
      if (started?.said().includes('takes attempts') === true) started.child.kill('SIGUSR2')
    } else if (dice < 0.4) {
      counts.stopped += 1
      started?.child.kill('SIGSTOP')
      void systemClock.sleep(3000 + random() * 20_000).then(() => started?.child.kill('SIGCONT'))
    } else if (dice < 0.7 && way !== undefined) {
      counts.cut += 1
      way.proxy.cut()
      void systemClock.sleep(3000 + random() * (LONGEST_CUT_MS - 3000)).then(() => way.proxy.heal())
    } else {
      counts.killed += 1
      started?.child.kill('SIGKILL')
      await started?.ended
      workers.set(worker, begin(worker))
    }
  }
  const code = await run.ended
  const seconds = (monotonicMs() - began) / 1000
  let left: readonly string[] = []
  for (let wait = 0; wait < 300; wait += 1) {
    left = await leftOver(database, project, names)
    if (left.length === 0) break
    await systemClock.sleep(200)
  }
  ended.abort()
  const over = await sampling
  await Promise.all([...proxies.values()].map(({ proxy }) => proxy.close()))
  const { cells, attempts, repeated, lost, endedTwice, countedTwice } = figuresOf(project, 'run')
  const passed = lost.length + endedTwice + countedTwice + over.length + left.length === 0 && code === 3
  const some = (found: readonly string[]): string =>
    found.length === 0 ? '0' : `${found.length} (${found.slice(0, 3).join('; ')})`
  return {
    passed,
    lines: [
      `${cells} cells in ${seconds.toFixed(0)} s, ${attempts} attempts, ${repeated} of them lost with their worker and tried again`,
      `${counts.killed} workers killed, ${counts.stopped} stopped for 3 to 23 s, ${counts.cut} cut off for 3 to 25 s, ${counts.jumped} clocks jumped by up to 20 min, ${counts.coordinator} coordinators killed and resumed, ${counts.database} times the database`,
      `cells lost: ${some(lost)}`,
      `ended twice: ${endedTwice}, counted twice: ${countedTwice}`,
      `over-committed: ${some(over)}`,
      `machines, leases and rows left: ${some(left)}`,
      `exit code ${code} (a simulated run that passes: 3)${code === 3 ? '' : run.said().slice(-600)}`,
    ],
  }
}
