/** What a release engineer does on a Windows computer, as the processes that he would start. The machines are simulated. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/kit/random.ts'
import { runProgram, startProgram, type Running } from '../../src/kit/process.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { readRunState } from '../../src/record/read-run-state.ts'
import { powerShellHost } from '../stand-ins/powershell-host/powershell-host.ts'
import { commandLine, MAIN } from './command-line.ts'

const KILLS = 20
/** hold: the boot loop of every machine with this processor is found. */
const HOLD = 1

/** How often each side of each cell was judged, and the facts of the last attempt: without times, which differ from run to run. */
async function essence(runFolder: string): Promise<Record<string, string[]>> {
  const { attempts, closed, machines } = await readRunState(runFolder)
  expect({ closed, machines: machines.size }).toEqual({ closed: true, machines: 0 })
  const found: Record<string, string[]> = {}
  for (const { cell, arm, end, observations } of attempts) {
    if (end !== 'completed') continue
    expect(found[`${cell} ${arm}`], `${cell} ${arm} is counted twice`).toBeUndefined()
    found[`${cell} ${arm}`] = observations.map(({ phase, fact }) => `${phase} ${fact.kind}`)
  }
  return found
}

/** Each try of a test has folders of its own: what a first try left must not decide the second one. */
describe('a release engineer on Windows', () => {
  const line = commandLine()
  const fresh = (name: string): string => mkdtempSync(join(line.folder, `${name}-`))

  interface Undisturbed {
    readonly folder: string
    readonly found: Readonly<Record<string, readonly string[]>>
    readonly tookMs: number
  }
  let undisturbed: Undisturbed | undefined
  /** A run that nobody disturbed, once for all tests. */
  async function undisturbedRun(): Promise<Undisturbed> {
    if (undisturbed !== undefined) return undisturbed
    const folder = fresh('whole')
    const begun = systemClock.now()
    const { code, out, err } = await line.end(...line.run(folder))
    const tookMs = systemClock.now() - begun
    expect({ code, out }, err).toEqual({ code: HOLD, out: '' })
    expect(err).toMatch(/1\. cpu=avx: /)
    undisturbed = { folder, found: await essence(folder), tookMs }
    return undisturbed
  }

  it('waits for no other program where the command needs none', async () => {
    const record = join(fresh('programs'), 'programs.txt')
    writeFileSync(record, '')
    const hook = pathToFileURL(resolve(import.meta.dirname, 'record-programs.mjs'))
    const environment = { RECORD_PROGRAMS: record }
    const done = await runProgram(process.execPath, ['--import', String(hook), MAIN, '--version'], {
      environment,
    })
    expect(done.stdout.toString()).toMatch(/^ringzero\//)
    expect(readFileSync(record, 'utf8')).toBe('')
  })

  it('plans and runs, and gets the decision of any other system', async () => {
    const planned = await line.end(
      'plan',
      'matrix.yaml',
      '--lab',
      'lab.yaml',
      '--candidate',
      'update',
      '--json',
    )
    expect(planned.code, planned.err).toBe(0)
    const { cells } = JSON.parse(planned.out) as { readonly cells: readonly { readonly id: string }[] }
    const { folder, found } = await undisturbedRun()
    const judged = new Set(Object.keys(found).map((name) => name.split(' ')[0]))
    expect(judged).toEqual(new Set(cells.map(({ id }) => id)))
    for (const name of ['junit.xml', 'index.html', 'summary.md', 'report.json', 'gate.json'])
      expect(existsSync(join(folder, 'report', name)), name).toBe(true)
  })

  it(`is killed ${KILLS} times at random instants, resumes, and has what an undisturbed run has`, async () => {
    const { found: wanted, tookMs } = await undisturbedRun()
    const runs = fresh('killed')
    const random = seededRandom(10)
    let kills = 0
    for (let run = 0; kills < KILLS; run += 1) {
      const folder = join(runs, String(run))
      for (let complete = false; !complete;) {
        const running = await (existsSync(join(folder, 'plan.json'))
          ? line.start('resume', folder, '--keep-going')
          : line.start(...line.run(folder)))
        if (kills < KILLS) {
          await Promise.race([systemClock.sleep(random() * 1.1 * tookMs), running.exited])
          running.kill('SIGKILL')
        }
        const { exitCode, signal, stderr } = await running.exited
        complete = signal !== 'SIGKILL'
        expect(complete ? exitCode : HOLD, stderr).toBe(HOLD)
        if (!complete) kills += 1
      }
      expect(await essence(folder)).toEqual(wanted)
    }
    expect((await line.end('sweep')).err).toContain('nothing was left behind')
  }, 600_000)

  it('cannot have two processes on one run folder, and has the run whole when he tries', async () => {
    const folder = join(fresh('shared'), 'run')
    const first = await line.start(...line.run(folder))
    try {
      await appeared(join(folder, 'plan.json'), first)
    } finally {
      first.kill('SIGKILL')
      await first.exited
    }
    const both = await Promise.all([1, 2].map(() => line.end('resume', folder, '--keep-going')))
    const codes = both.map(({ code = -1 }) => code).sort((a, b) => a - b)
    // The later one either meets the lock (bad input) or a run that is complete.
    expect(
      [
        [HOLD, HOLD],
        [HOLD, 2],
      ],
      JSON.stringify(both),
    ).toContainEqual(codes)
    for (const { err } of both.filter(({ code }) => code === 2))
      expect(err).toMatch(/another process \(\d+\) works on/)
    await essence(folder)
  })

  it('is told at once who works on a run folder, and gets it when that process is gone', async () => {
    const { folder } = await undisturbedRun()
    const child = await startProgram(process.execPath, [
      resolve(import.meta.dirname, 'run-lock-child.ts'),
      folder,
    ])
    try {
      await appeared(join(folder, 'run.lock'), child)
      const refused = await line.end('resume', folder)
      expect(refused).toMatchObject({
        code: 2,
        err: expect.stringContaining(`another process (${child.pid})`) as string,
      })
    } finally {
      child.kill('SIGKILL')
      await child.exited
    }
    expect((await line.end('resume', folder)).code).toBe(HOLD)
  })

  it.each([
    ['with spaces', () => join(fresh('spaces'), 'a run folder')],
    ['with ü', () => join(fresh('letters'), 'Läufe für Müller')],
    ['of more than 200 characters', () => join(fresh('long'), 'n'.repeat(120), 'm'.repeat(120))],
    ['that is the root of a drive', () => emptied(process.env['RINGZERO_WINDOWS_DRIVE'] ?? '')],
  ])('has his run folder at a path %s', async (_, makePath) => {
    const path = makePath()
    expect(path).not.toBe('')
    mkdirSync(path, { recursive: true })
    const ran = await line.end(...line.run(path))
    expect(ran.code, ran.err).toBe(HOLD)
    expect((await line.end('gate', path)).code).toBe(HOLD)
    await essence(path)
  })

  it('has everything at such a path: matrix, lab, candidate', async () => {
    const there = commandLine(join(fresh('everything'), 'Prüfung vom Montag'))
    const ran = await there.end(...there.run('run 1'))
    expect(ran.code, ran.err).toBe(HOLD)
  })

  it('loses nothing to a scanner that holds each new file for 200 ms', async () => {
    const { folder: whole, found: wanted } = await undisturbedRun()
    const scanned = commandLine(fresh('scanned'))
    const scanner = await scannerOn(scanned.folder)
    try {
      const ran = await scanned.end(...scanned.run('run'))
      expect(ran.code, ran.err).toBe(HOLD)
      expect((await scanned.end('judge', 'run')).code).toBe(HOLD)
    } finally {
      scanner.running.kill('SIGKILL')
      await scanner.running.exited
    }
    expect(await essence(join(scanned.folder, 'run'))).toEqual(wanted)
    const report = join(scanned.folder, 'run', 'report')
    expect(readdirSync(report).sort()).toEqual(readdirSync(join(whole, 'report')).sort())
    expect(JSON.parse(readFileSync(join(report, 'gate.json'), 'utf8'))).toMatchObject({ decision: 'hold' })
    const held = scanner.held()
    expect(held.filter((path) => path.includes('.tmp')).length, held.join('\n')).toBeGreaterThan(0)
    expect(held.some((path) => path.endsWith('report.json'))).toBe(true)
  })
})

/** Waits for a file that a program makes; an error when the program ends without it. */
async function appeared(file: string, program: Running): Promise<void> {
  let ended = false
  void program.exited.then(() => (ended = true))
  while (!existsSync(file)) {
    if (ended) throw new Error(`${file} was not made: ${(await program.exited).stderr}`)
    await systemClock.sleep(20)
  }
}

/** A folder that is there, without what an earlier try left in it. */
function emptied(folder: string): string {
  if (folder !== '')
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true })
  return folder
}

/** A program that does what a virus scanner does (powershell/scanner.cs). */
async function scannerOn(folder: string) {
  let text = ''
  let ended = false
  const running = await startProgram(await powerShellHost(), ['--scan', folder], {
    onOutput: (piece) => void (text += piece.toString()),
  })
  void running.exited.then(() => (ended = true))
  while (!text.includes('ready')) {
    if (ended) throw new Error(`the scanner ended: ${(await running.exited).stderr}`)
    await systemClock.sleep(20)
  }
  return { running, held: () => text.split(/\r?\n/).slice(1) }
}
