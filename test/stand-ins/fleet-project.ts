/** Workers, a coordinator and their database as processes of the built command line, on simulated machines. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { systemClock } from '../../src/kit/clock.ts'
import type { RunEvent } from '../../src/model/event.ts'
import type { Report } from '../../src/model/report.ts'
import { writeSimulatedProject } from './simulated-project.ts'

const root = resolve(import.meta.dirname, '../..')

export interface Started {
  readonly child: ChildProcess
  /** What it said so far, on both streams. */
  readonly said: () => string
  readonly ended: Promise<number | null>
}

export class FleetProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'rz-fleet-'))
  readonly #started: Started[] = []
  readonly #environment: NodeJS.ProcessEnv

  /** @param values of the axis `index`: as many cells */
  constructor(values: number, options: object, databaseUrl?: string) {
    const ids = Array.from({ length: values }, (_, index) => ({ id: `v${index}` }))
    writeSimulatedProject(this.folder, {
      id: 'fleet',
      axes: { index: { values: ids }, build: { values: [{ id: 'a' }, { id: 'b' }] } },
      capacity: { vcpus: 8, memoryMiB: 8192, machines: 4 },
      options,
    })
    this.#environment = {
      ...process.env,
      CI: 'true',
      NO_COLOR: '1',
      ...(databaseUrl === undefined ? {} : { RINGZERO_DATABASE_URL: databaseUrl }),
    }
  }

  /** Starts the command line in the folder. */
  start(...given: readonly string[]): Started {
    return this.startWith({}, ...given)
  }

  /** The same with some variables of the environment. */
  startWith(environment: NodeJS.ProcessEnv, ...given: readonly string[]): Started {
    const child = spawn(process.execPath, [join(root, 'dist/main.js'), ...given], {
      cwd: this.folder,
      env: { ...this.#environment, ...environment },
    })
    let said = ''
    child.stdout.on('data', (data) => (said += String(data)))
    child.stderr.on('data', (data) => (said += String(data)))
    const ended = new Promise<number | null>((settle) => child.on('close', (code) => settle(code)))
    const started = { child, said: () => said, ended }
    this.#started.push(started)
    return started
  }

  async ringzero(
    ...given: readonly string[]
  ): Promise<{ readonly code: number | null; readonly said: string }> {
    const { ended, said } = this.start(...given)
    const code = await ended
    return { code, said: said() }
  }

  /** Starts a worker with a lab and a store of its own. */
  worker(name: string, environment: NodeJS.ProcessEnv = {}): Started {
    const lab = JSON.parse(readFileSync(join(this.folder, 'lab.yaml'), 'utf8')) as object
    mkdirSync(join(this.folder, name), { recursive: true })
    writeFileSync(join(this.folder, name, 'lab.yaml'), JSON.stringify({ ...lab, store: `store` }))
    return this.startWith(environment, 'worker', '--lab', `${name}/lab.yaml`, '--name', name)
  }

  /** Folders of attempts that a worker has not delivered or undone. */
  keptAttempts(name: string): readonly string[] {
    const folder = join(this.folder, name, 'store/worker/attempts')
    return existsSync(folder) ? readdirSync(folder) : []
  }

  /** Names of the simulated machines that exist in a worker's store. */
  machines(name: string): readonly string[] {
    const folder = join(this.folder, name, 'store/hosts/sim/simulated-machines')
    return existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : []
  }

  journal(run: string): readonly RunEvent[] {
    const file = join(this.folder, run, 'journal.jsonl')
    if (!existsSync(file)) return []
    const lines = readFileSync(file, 'utf8').split('\n')
    return lines.slice(0, -1).map((line) => JSON.parse(line) as RunEvent)
  }

  report(run: string): Report {
    return JSON.parse(readFileSync(join(this.folder, run, 'report/report.json'), 'utf8')) as Report
  }

  /** Ends all that still runs, and removes the folder. */
  async stop(): Promise<void> {
    for (const { child } of this.#started) {
      child.kill('SIGKILL')
      child.kill('SIGCONT')
    }
    await Promise.all(this.#started.map(({ ended }) => ended))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Waits for a state. @throws Error with what a process said when it ended meanwhile */
export async function until(
  state: () => boolean | Promise<boolean>,
  ...alive: readonly Started[]
): Promise<void> {
  while (!(await state())) {
    for (const { child, said } of alive)
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`it ended with ${child.exitCode ?? child.signalCode}: ${said()}`)
    await systemClock.sleep(50)
  }
}
