/** What a release engineer does on a Windows computer, as the processes that he would start. The machines are simulated. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/kit/random.ts'
import { runProgram, startProgram } from '../../src/kit/process.ts'
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

describe('a release engineer on Windows', () => {
  const line = commandLine()
  /** How long an undisturbed run took. */
  let tookMs = 0
  const at = (name: string): string => join(line.folder, name)

  it('waits for no other program where the command needs none', async () => {
    const record = at('programs.txt')
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
    const begun = systemClock.now()
    const { code, out, err } = await line.end(...line.run('whole'))
    tookMs = systemClock.now() - begun
    expect({ code, out }, err).toEqual({ code: HOLD, out: '' })
    expect(err).toMatch(/1\. cpu=avx: /)
    const judged = new Set(Object.keys(await essence(at('whole'))).map((name) => name.split(' ')[0]))
    expect(judged).toEqual(new Set(cells.map(({ id }) => id)))
    for (const name of ['junit.xml', 'index.html', 'summary.md', 'report.json', 'gate.json'])
      expect(existsSync(join(at('whole'), 'report', name)), name).toBe(true)
  })

  it(`is killed ${KILLS} times at random instants, resumes, and has what an undisturbed run has`, async () => {
    const wanted = await essence(at('whole'))
    const random = seededRandom(10)
    let kills = 0
    for (let run = 0; kills < KILLS; run += 1) {
      const name = `killed-${run}`
      for (let complete = false; !complete;) {
        const running = await (existsSync(join(at(name), 'plan.json'))
          ? line.start('resume', name, '--keep-going')
          : line.start(...line.run(name)))
        if (kills < KILLS) {
          await Promise.race([systemClock.sleep(random() * 1.1 * tookMs), running.exited])
          running.kill('SIGKILL')
        }
        const { exitCode, signal, stderr } = await running.exited
        complete = signal !== 'SIGKILL'
        expect(complete ? exitCode : HOLD, stderr).toBe(HOLD)
        if (!complete) kills += 1
      }
      expect(await essence(at(name))).toEqual(wanted)
    }
    expect((await line.end('sweep')).err).toContain('nothing was left behind')
  }, 600_000)

  it('cannot have two processes on one run folder, and has the run whole when he tries', async () => {
    const first = await line.start(...line.run('shared'))
    while (!existsSync(join(at('shared'), 'plan.json'))) await systemClock.sleep(20)
    first.kill('SIGKILL')
    await first.exited
    const both = await Promise.all([1, 2].map(() => line.end('resume', 'shared', '--keep-going')))
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
    await essence(at('shared'))
  })

  it('is told at once who works on a run folder, and gets it when that process is gone', async () => {
    const child = await startProgram(process.execPath, [
      resolve(import.meta.dirname, 'run-lock-child.ts'),
      at('whole'),
    ])
    while (!existsSync(join(at('whole'), 'run.lock'))) await systemClock.sleep(20)
    const refused = await line.end('resume', 'whole')
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringContaining(`another process (${child.pid})`) as string,
    })
    child.kill('SIGKILL')
    await child.exited
    expect((await line.end('resume', 'whole')).code).toBe(HOLD)
  })

  it.each([
    ['with spaces', (folder: string) => join(folder, 'a run folder')],
    ['with ü', (folder: string) => join(folder, 'Läufe für Müller')],
    ['of more than 200 characters', (folder: string) => join(folder, 'n'.repeat(120), 'm'.repeat(120))],
    ['that is the root of a drive', () => process.env['RINGZERO_WINDOWS_DRIVE'] ?? ''],
  ])('has his run folder at a path %s', async (_, pathIn) => {
    const path = pathIn(line.folder)
    expect(path).not.toBe('')
    mkdirSync(path, { recursive: true })
    const ran = await line.end(...line.run(path))
    expect(ran.code, ran.err).toBe(HOLD)
    expect((await line.end('gate', path)).code).toBe(HOLD)
    await essence(path)
  })

  it('has everything at such a path: matrix, lab, candidate', async () => {
    const there = commandLine(mkdirIn(line.folder, 'Prüfung vom Montag'))
    const ran = await there.end(...there.run('run 1'))
    expect(ran.code, ran.err).toBe(HOLD)
  })

  it('loses nothing to a scanner that holds each new file for 200 ms', async () => {
    const wanted = await essence(at('whole'))
    const scanned = commandLine(mkdirIn(line.folder, 'scanned'))
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
    expect(readdirSync(report).sort()).toEqual(readdirSync(join(at('whole'), 'report')).sort())
    expect(JSON.parse(readFileSync(join(report, 'gate.json'), 'utf8'))).toMatchObject({ decision: 'hold' })
    const held = scanner.held()
    expect(held.filter((path) => path.includes('.tmp')).length, held.join('\n')).toBeGreaterThan(0)
    expect(held.some((path) => path.endsWith('report.json'))).toBe(true)
  })
})

function mkdirIn(folder: string, name: string): string {
  mkdirSync(join(folder, name))
  return join(folder, name)
}

/** A program that does what a virus scanner does (powershell/scanner.cs). */
async function scannerOn(folder: string) {
  let text = ''
  const running = await startProgram(await powerShellHost(), ['--scan', folder], {
    onOutput: (piece) => void (text += piece.toString()),
  })
  while (!text.includes('ready')) await systemClock.sleep(20)
  return { running, held: () => text.split(/\r?\n/).slice(1) }
}
