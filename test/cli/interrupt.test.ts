/** Ctrl-C at random instants of a run on simulated machines: planning, running, judging, reporting. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve as resolvePath } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { systemClock } from '../../src/kit/clock.ts'
import { seededRandom } from '../../src/kit/random.ts'
import { writeSimulatedProject } from '../stand-ins/simulated-project.ts'
import { notOnWindows } from '../windows-host/not-on-windows.ts'

const main = resolvePath(import.meta.dirname, '../../dist/main.js')
const folder = mkdtempSync(join(tmpdir(), 'rz-interrupt-'))
afterAll(() => rmSync(folder, { recursive: true }))
const withSignals = notOnWindows('signals, which end a process there at once')

const values = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }))
writeSimulatedProject(folder, {
  id: 'stopped',
  axes: { one: { values }, two: { values }, three: { values: values.slice(0, 1) } },
  capacity: { vcpus: 64, memoryMiB: 32_768, machines: 16 },
})

// Smaller arrays are looked for as long as is asked, in one computation in which no handler of a signal has its turn.
const ten = Array.from({ length: 10 }, (_, at) => ({ id: `v${at}` }))
const large = {
  version: 1,
  id: 'large',
  axes: Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`axis${at}`, { values: ten }])),
  defaults: { image: 'micro' },
  stages: [{ id: 'pairs', strength: 2 }],
}
writeFileSync(join(folder, 'large.yaml'), JSON.stringify(large))

interface Ended {
  /** null where the system itself ended it; a shell says 130 then, too. */
  readonly code: number | null
  readonly errors: string
}

/** Runs the command line and sends it the signal after each of these times, in milliseconds. */
async function ringzero(commandLine: readonly string[], ...signals: readonly number[]): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...commandLine], {
    cwd: folder,
    env: { ...process.env, CI: 'true', NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()))
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, errors })))
  for (const wait of signals) {
    await systemClock.sleep(wait)
    child.kill('SIGINT')
  }
  return await ended
}

const run = (name: string): string[] => ['run', 'matrix.yaml', '--candidate', 'update', '--run-dir', name]

/** Names of all files below a folder that tell of a simulated machine or its working folder. */
function machines(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.includes('simulated-machines/') || /(?:^|\/)machines\/rz-/.test(path),
  )
}

it(
  'ends with 130 and leaves no machine, whenever it comes; the run goes on to the verdicts of an undisturbed one',
  { ...withSignals, timeout: 300_000 },
  async () => {
    const begun = systemClock.now()
    const whole = await ringzero(run('whole'))
    const took = systemClock.now() - begun
    expect(whole.code, whole.errors).toBe(3)
    const random = seededRandom(130)
    for (let time = 0; time < 4; time += 1) {
      const name = `stopped-${time}`
      // Before the handler of signals is there nothing has begun that could be left behind.
      const first = await ringzero(run(name), 300 + random() * (took - 300))
      expect([130, 3, null], first.errors).toContain(first.code)
      expect(machines()).toEqual([])
      if (first.code !== 130 || !existsSync(join(folder, name, 'journal.jsonl'))) continue
      const again = await ringzero(['resume', name])
      expect({ code: again.code, errors: again.errors }).toMatchObject({ code: 3 })
      expect(machines()).toEqual([])
    }
  },
)

it(
  'the second one ends it at once, and a resume tidies up',
  { ...withSignals, timeout: 120_000 },
  async () => {
    const ended = await ringzero(run('twice'), 2500, 1)
    expect([130, 3]).toContain(ended.code)
    const begun = existsSync(join(folder, 'twice/journal.jsonl'))
    const again = begun ? await ringzero(['resume', 'twice']) : ended
    expect([130, 3]).toContain(again.code)
    expect(machines()).toEqual([])
  },
)

it('one is enough while a large matrix is planned', { ...withSignals, timeout: 120_000 }, async () => {
  const child = spawn(
    process.execPath,
    [main, 'run', 'large.yaml', '--effort', '100', '--candidate', 'update', '--run-dir', 'never-run'],
    { cwd: folder, env: { ...process.env, CI: 'true' }, stdio: 'ignore' },
  )
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)))
  // The command caught signals before, and leaves them to the system while it plans.
  for (const caught of [true, false])
    while (child.exitCode === null && catchesInterrupt(child.pid) !== caught) await systemClock.sleep(50)
  child.kill('SIGINT')
  // By the system: a handler would have waited for the plan, and ended with 130.
  expect(await ended).toBe('SIGINT')
  // It ended before there was a plan, and so before anything that would have to be undone.
  expect(existsSync(join(folder, 'never-run'))).toBe(false)
  expect(machines()).toEqual([])
})

/** Whether the process has a handler of SIGINT, number 2, in the set of caught signals (proc_pid_status(5)). */
function catchesInterrupt(pid: number | undefined): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
  return (BigInt(`0x${caught}`) & 2n) !== 0n
}
