/**
 * Runs by workers, as processes of the built command line on a real database, while what can break breaks. Every step waits for a
 * state that the step before it brings about; what is killed at a random instant may have done anything.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase, type Database } from '../../src/fleet/database.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { seededRandom } from '../../src/kit/random.ts'
import { cutOffProxy, type CutOffProxy } from '../stand-ins/cut-off-proxy.ts'
import { FleetProject, until, type Started } from '../stand-ins/fleet-project.ts'
import { figuresOf, leftOver, watchForOverCommitment } from '../stand-ins/fleet-proof.ts'
import { needsPostgres, startPostgres, type PostgresServer } from '../stand-ins/postgres-server.ts'
import { saySkipped } from '../support/skipped-tests.ts'
import { notOnWindows } from '../windows-host/not-on-windows.ts'

const MINUTES = 60_000
const COMMON = ['--workers', '--worker-silence-seconds', '10']
const RUN = ['run', 'matrix.yaml', '--candidate', 'update', '--run-dir', 'run', '--effort', '0', ...COMMON]
const JUMPING = {
  NODE_OPTIONS: `--import=${pathToFileURL(resolve(import.meta.dirname, '../stand-ins/jumping-clock.ts')).href}`,
  RINGZERO_TEST_CLOCK_MS: String(3_600_000),
}

/** Attempts that a worker holds now. */
const held = (database: Database, worker: string): Promise<readonly string[]> =>
  jobs(database, worker, ['active'])
/** The same with what it has not taken yet. */
const open = (database: Database, worker: string): Promise<readonly string[]> =>
  jobs(database, worker, ['created', 'active'])

async function jobs(
  database: Database,
  worker: string,
  states: readonly string[],
): Promise<readonly string[]> {
  const rows = await database.query(
    'select id::text from ringzero_jobs.job where state::text = any($2) and starts_with(name, $1)',
    [`${worker}/`, states],
  )
  return rows.map(({ id }) => String(id))
}

/** Freezes a worker while it holds an attempt: no attempt that it holds can end from now on. */
async function freeze(database: Database, worker: string, started: Started, run: Started): Promise<void> {
  for (;;) {
    started.child.kill('SIGSTOP')
    if ((await held(database, worker)).length > 0) return
    started.child.kill('SIGCONT')
    await until(async () => (await held(database, worker)).length > 0, started, run)
  }
}

const isLost = (project: FleetProject, run: string, worker: string): boolean =>
  project
    .journal(run)
    .some((event) => event.type === 'fault' && event.fault.message.startsWith(`worker ${worker}:`))

const ended = (project: FleetProject, run: string): number =>
  project.journal(run).filter(({ type }) => type === 'attempt-closed').length

const onPostgres = needsPostgres()

describe('workers on PostgreSQL', onPostgres, () => {
  const workers = ['a', 'b', 'c', 'd', 'e']
  let server: PostgresServer
  let project: FleetProject
  let database: Database
  let proxy: CutOffProxy
  beforeAll(async () => {
    server = startPostgres(100)
    project = new FleetProject(60, {}, server.url)
    database = await openDatabase(server.url, 2)
    mkdirSync(join(project.folder, 'way'))
    proxy = await cutOffProxy(join(project.folder, 'way/.s.PGSQL.5432'), server.socket)
  }, 5 * MINUTES)
  afterAll(async () => {
    await project.stop()
    await proxy.close()
    await database.close()
    server.stop()
  }, 5 * MINUTES)

  it(
    'lose, double and over-commit nothing, and leave nothing, whatever is killed, stopped, cut off and set wrong',
    async () => {
      expect(await project.ringzero('queue', 'up')).toMatchObject({ code: 0 })
      const way = `postgres://postgres@localhost/postgres?host=${encodeURIComponent(join(project.folder, 'way'))}`
      const started = new Map([
        ['a', project.worker('a')],
        ['b', project.worker('b', JUMPING)],
        ['c', project.worker('c', { RINGZERO_DATABASE_URL: way })],
      ])
      const of = (name: string): Started => started.get(name) as Started
      let run = project.start(...RUN)
      const over = new AbortController()
      const watching = watchForOverCommitment(database, project, workers, over.signal)
      await until(() => ended(project, 'run') > 5, run)

      // All three that there are go out of the world in their own ways, and the run knows it.
      await freeze(database, 'b', of('b'), run)
      await until(async () => {
        proxy.cut()
        if ((await held(database, 'c')).length > 0) return true
        proxy.heal()
        return false
      }, run)
      await until(async () => (await held(database, 'a')).length > 0, of('a'), run)
      of('a').child.kill('SIGKILL')
      await of('a').ended
      started.set('a', project.worker('a'))
      await until(() => isLost(project, 'run', 'b') && isLost(project, 'run', 'c'), run)

      // The coordinator dies, the worker that is there finishes what it has, and the run goes on from a copy of its folder.
      run.child.kill('SIGKILL')
      await run.ended
      await until(async () => (await open(database, 'a')).length === 0, of('a'))
      cpSync(join(project.folder, 'run'), join(project.folder, 'moved'), { recursive: true })
      const before = ended(project, 'moved')
      run = project.start('resume', 'moved', ...COMMON)

      // The database is away until both sides have noticed.
      await until(() => of('a').said().includes('takes attempts'), of('a'))
      await until(() => ended(project, 'moved') > before, of('a'), run)
      server.halt()
      await until(() => of('a').said().includes('the database is away'), of('a'), run)
      await until(() => run.said().includes('the database is away'), of('a'), run)
      server.start()
      await until(() => of('a').said().includes('the database answers again'), of('a'), run)

      // The frozen one finds that its hours are counted, with a clock that jumped; what the other one sent comes through, too late.
      of('b').child.kill('SIGUSR2')
      of('b').child.kill('SIGCONT')
      proxy.heal()
      started.set('d', project.worker('d', JUMPING))
      started.set('e', project.worker('e'))

      // Anything at any instant, until it is done.
      const random = seededRandom(15)
      const names = [...workers]
      for (let fault = 0; fault < 12 && run.child.exitCode === null; fault += 1) {
        await systemClock.sleep(random() * 700)
        const name = names[Math.floor(random() * names.length)] ?? 'a'
        const { child, ended: gone } = of(name)
        if (random() < 0.5) {
          child.kill('SIGSTOP')
          await systemClock.sleep(random() * 500)
          child.kill('SIGCONT')
        } else {
          child.kill('SIGKILL')
          await gone
          started.set(name, project.worker(name, name === 'c' ? { RINGZERO_DATABASE_URL: way } : {}))
        }
      }
      expect(await run.ended, run.said()).toBe(3)
      await until(async () => (await leftOver(database, project, workers)).length === 0, ...started.values())
      over.abort()
      expect(await watching).toEqual([])
      const figures = figuresOf(project, 'moved')
      expect(figures).toMatchObject({ cells: 120, lost: [], endedTwice: 0, countedTwice: 0 })
      expect(figures.repeated).toBeGreaterThanOrEqual(3)

      // Those who are asked to stop do, and say so.
      for (const { child } of started.values()) child.kill('SIGTERM')
      await Promise.all([...started.values()].map(({ ended: gone }) => gone))
      const { said } = await project.ringzero('fleet', '--json')
      const fleet = JSON.parse(said) as { workers: { name: string; state: string }[]; runs: unknown[] }
      expect(fleet.workers.map(({ name, state }) => [name, state])).toEqual(
        workers.map((name) => [name, 'stopped']),
      )
      expect(fleet.runs).toEqual([])
    },
    5 * MINUTES,
  )

  it(
    'a run ends with the verdicts of a run on one computer',
    async () => {
      const alone = await project.ringzero(
        'run',
        'matrix.yaml',
        '--candidate',
        'update',
        '--run-dir',
        'alone',
        '--effort',
        '0',
      )
      expect(alone.code, alone.said).toBe(3)
      const verdicts = (run: string): unknown =>
        project.report(run).cells.map(({ planned, verdict }) => {
          const { attempts, ...judged } = verdict
          expect(attempts.length).toBeGreaterThan(0)
          return { cell: planned.id, judged }
        })
      expect(verdicts('moved')).toEqual(verdicts('alone'))
    },
    5 * MINUTES,
  )
})

describe('a run that no worker takes anything of', onPostgres, () => {
  let server: PostgresServer
  let project: FleetProject
  beforeAll(() => {
    server = startPostgres(30)
    project = new FleetProject(2, {}, server.url)
  }, 5 * MINUTES)
  afterAll(async () => {
    await project.stop()
    server.stop()
  }, 5 * MINUTES)

  it(
    'says why it waits, and ends when it is cancelled',
    async () => {
      expect(await project.ringzero('queue', 'up')).toMatchObject({ code: 0 })
      const run = project.start(...RUN)
      let fleet = { runs: [] as { run: string; progress?: { waiting: number; reasons: object[] } }[] }
      await until(async () => {
        fleet = JSON.parse((await project.ringzero('fleet', '--json')).said) as typeof fleet
        return (fleet.runs[0]?.progress?.waiting ?? 0) > 0
      }, run)
      const [waiting] = fleet.runs
      expect(waiting?.progress?.reasons).toEqual([
        { because: 'no worker was ever started', cells: waiting?.progress?.waiting },
      ])
      const metrics = await project.ringzero('fleet', '--metrics')
      expect(metrics.said).toContain(
        `ringzero_run_attempts_waiting{run="${waiting?.run}"} ${waiting?.progress?.waiting}`,
      )
      expect(await project.ringzero('queue', 'cancel', waiting?.run ?? '')).toMatchObject({ code: 0 })
      expect(await run.ended, run.said()).toBe(130)
      expect(run.said()).toContain('the run was cancelled by `ringzero queue cancel`')
    },
    5 * MINUTES,
  )
})

/** A file system of its own for a folder; undefined where that is not allowed. */
function ownFileSystem(folder: string, size: string): (() => void) | undefined {
  mkdirSync(folder, { recursive: true })
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  return status === 0 ? () => void spawnSync('umount', ['-l', folder]) : undefined
}

/** Writes into a file until its file system has no room left. */
function fill(file: string): void {
  for (const bytes of [1024 * 1024, 1]) {
    const some = Buffer.alloc(bytes)
    try {
      for (;;) appendFileSync(file, some)
    } catch {
      // No more of this size fit.
    }
  }
}

describe('a worker whose disk fills', onPostgres, () => {
  let server: PostgresServer
  let project: FleetProject
  let database: Database
  let unmount: (() => void) | undefined
  beforeAll(async () => {
    server = startPostgres(40)
    project = new FleetProject(20, {}, server.url)
    database = await openDatabase(server.url, 2)
    unmount = ownFileSystem(join(project.folder, 'full/store'), '520m')
  }, 5 * MINUTES)
  afterAll(async () => {
    // Whatever still writes there; then the folder can be removed.
    unmount?.()
    await project.stop()
    await database.close()
    server.stop()
  }, 5 * MINUTES)

  it(
    'takes nothing more and says why; with room again it goes on, and nothing is lost',
    async ({ skip }) => {
      if (unmount === undefined) {
        saySkipped('run as root, where a small file system can be mounted, to see a worker whose disk fills')
        return skip('no right to mount a small file system')
      }
      expect(await project.ringzero('queue', 'up')).toMatchObject({ code: 0 })
      const worker = project.worker('full')
      const run = project.start(...RUN)
      await until(() => ended(project, 'run') > 3, run, worker)
      // In the middle of an attempt there is not a byte left.
      await freeze(database, 'full', worker, run)
      const filler = join(project.folder, 'full/store/filler')
      fill(filler)
      worker.child.kill('SIGCONT')
      await until(
        async () => {
          const { said } = await project.ringzero('fleet')
          return said.includes('less than 512 MiB are free on its disk')
        },
        run,
        worker,
      )
      rmSync(filler)
      expect(await run.ended, run.said()).toBe(3)
      await until(async () => (await leftOver(database, project, ['full'])).length === 0, worker)
      expect(figuresOf(project, 'run')).toMatchObject({ cells: 40, lost: [], endedTwice: 0, countedTwice: 0 })
    },
    5 * MINUTES,
  )
})

describe('one worker on the embedded database', notOnWindows('an embedded database of the workers'), () => {
  let project: FleetProject
  beforeAll(() => {
    project = new FleetProject(15, {})
  })
  afterAll(() => project.stop(), 5 * MINUTES)

  it(
    'loses nothing when worker, coordinator and the process of the database are killed',
    async () => {
      let queue = project.start('queue', 'serve')
      await until(() => queue.said().includes('export RINGZERO_DATABASE_URL'), queue)
      const [, url = ''] = /RINGZERO_DATABASE_URL='([^']+)'/.exec(queue.said()) ?? []
      const at = { RINGZERO_DATABASE_URL: url }
      const database = await openDatabase(url, 2)
      const second = await project.ringzero('queue', 'serve')
      expect(second).toMatchObject({
        code: 2,
        said: expect.stringContaining('serves the database') as string,
      })

      let worker = project.worker('a', at)
      let run = project.startWith(at, ...RUN)
      const over = new AbortController()
      const watching = watchForOverCommitment(database, project, ['a'], over.signal)
      await until(() => ended(project, 'run') > 3, run, worker)

      await freeze(database, 'a', worker, run)
      await until(() => isLost(project, 'run', 'a'), run)
      worker.child.kill('SIGCONT')
      await until(async () => (await held(database, 'a')).length > 0, run, worker)
      worker.child.kill('SIGKILL')
      run.child.kill('SIGKILL')
      await Promise.all([worker.ended, run.ended])

      worker = project.worker('a', at)
      const before = ended(project, 'run')
      run = project.startWith(at, 'resume', 'run', ...COMMON)
      await until(() => ended(project, 'run') > before, worker, run)
      queue.child.kill('SIGKILL')
      await queue.ended
      await until(() => worker.said().includes('the database is away'), worker)
      queue = project.start('queue', 'serve')
      await until(() => worker.said().includes('the database answers again'), queue, worker)

      expect(await run.ended, run.said()).toBe(3)
      await until(async () => (await leftOver(database, project, ['a'])).length === 0, queue, worker)
      over.abort()
      expect(await watching).toEqual([])
      const figures = figuresOf(project, 'run')
      expect(figures).toMatchObject({ cells: 30, lost: [], endedTwice: 0, countedTwice: 0 })
      expect(figures.repeated).toBeGreaterThan(0)
      worker.child.kill('SIGTERM')
      expect(await worker.ended, worker.said()).toBe(130)
      await database.close()
      queue.child.kill('SIGTERM')
      expect(await queue.ended, queue.said()).toBe(130)
    },
    5 * MINUTES,
  )
})
