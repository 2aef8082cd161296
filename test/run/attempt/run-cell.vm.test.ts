/** Whole cells on real machines: a good candidate, one that panics the kernel on every start, one whose machine never comes up. */
import { globSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readRunState } from '../../../src/record/read-run-state.ts'
import { runPlan } from '../../../src/app/run-plan.ts'
import type { RunEvent } from '../../../src/model/event.ts'
import type { Fact, FactOf } from '../../../src/model/observation.ts'
import type { AttemptState, RunState } from '../../../src/model/run-state.ts'
import { realFolder, realParts, realPlan, type EARLY_SCRIPTS } from '../../stand-ins/real-lab.ts'

async function run(
  behaviour: keyof typeof EARLY_SCRIPTS,
  onEvent: (event: RunEvent, folder: string) => void = () => undefined,
): Promise<{ state: RunState; folder: string }> {
  const folder = realFolder()
  const parts = await realParts(folder, behaviour)
  const runFolder = join(folder, 'run')
  const outcome = await runPlan({
    plan: realPlan({ stages: [1] }),
    run: `vm-${behaviour}-${process.pid}`,
    runFolder,
    parts,
    hooks: { judgeStage: () => 'passed' },
    signal: new AbortController().signal,
    listeners: [(event) => onEvent(event, folder)],
  })
  expect(outcome).toMatchObject({ ended: 'complete', pluginFaults: 0, toolFaults: 0, leftBehind: [] })
  expect(readdirSync(join(folder, 'store', 'machines'))).toEqual([])
  const state = await readRunState(runFolder)
  expect(state.machines.size).toBe(0)
  const completed = state.attempts.filter(({ end }) => end === 'completed')
  expect(completed.map((attempt) => attempt.arm).toSorted()).toEqual(['candidate', 'control'])
  return { state, folder: runFolder }
}

function arm(state: RunState, name: 'candidate' | 'control'): AttemptState {
  const found = state.attempts.find((attempt) => attempt.arm === name && attempt.end === 'completed')
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}

function facts<K extends Fact['kind']>(attempt: AttemptState, kind: K): FactOf<K>[] {
  return attempt.observations.flatMap(({ fact }) => (fact.kind === kind ? [fact as FactOf<K>] : []))
}

/** QEMU of a machine: the process that works in its folder. */
function qemuOf(folder: string): number {
  const found = globSync('/proc/[0-9]*/cwd').filter((path) => {
    try {
      return readlinkSync(path) === folder
    } catch {
      return false
    }
  })
  return Number(found[0]?.split('/')[2])
}

/** What the control of every run must show, or nothing can be said about a candidate. */
function expectCleanControl(state: RunState): void {
  const control = arm(state, 'control')
  expect(facts(control, 'boot').map(({ ended }) => ended)).toEqual(['settled', 'settled', 'settled'])
  expect(facts(control, 'crash')).toEqual([])
  expect(facts(control, 'hang')).toEqual([])
  expect(control.phases.every(({ end }) => end === 'done')).toBe(true)
}

describe('a cell on a real machine', () => {
  it('of a good candidate settles on every start and is rolled back', async () => {
    const { state } = await run('good')
    expectCleanControl(state)
    const candidate = arm(state, 'candidate')
    expect(facts(candidate, 'boot').map(({ ended }) => ended)).toEqual(['settled', 'settled', 'settled'])
    expect(facts(candidate, 'install').map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      'apply ok',
      'remove ok',
    ])
    const broken = facts(candidate, 'expectation').filter(({ holds }) => !holds)
    expect(broken).toEqual([])
    expect(facts(candidate, 'crash')).toEqual([])
  })

  it('of a candidate that panics the kernel shows three crashes, their name and screen, and the recovery step that helps', async () => {
    const { state, folder } = await run('panic')
    expectCleanControl(state)
    const candidate = arm(state, 'candidate')
    const crashes = facts(candidate, 'crash').filter((crash) => crash.expectedByTest !== true)
    expect(crashes).toHaveLength(3)
    expect(crashes[0]).toMatchObject({ mechanism: 'panic', milestone: 'kernel' })
    expect(crashes[0]?.title).toContain('sysrq triggered crash')
    expect(facts(candidate, 'boot').map(({ cause, ended }) => `${cause} ${ended}`)).toEqual([
      'start settled',
      'asked-restart crash',
      'unexpected-reset crash',
      'unexpected-reset crash',
      'recovery settled',
      'recovery settled',
      'recovery settled',
    ])
    expect(facts(candidate, 'recovery')).toMatchObject([{ step: 'content-rollback', broughtBack: true }])
    const screen = candidate.evidence.find(({ name }) => name.startsWith('screen-crash'))
    const png = readFileSync(join(folder, screen?.path ?? ''))
    expect(png.subarray(1, 4).toString()).toBe('PNG')
    const serial = candidate.evidence.find(({ name }) => name.startsWith('serial-crash'))
    expect(readFileSync(join(folder, serial?.path ?? ''), 'utf8')).toContain('Kernel panic')
    expect(candidate.evidence.map(({ name }) => name)).toContain('offline-disk.json')
  })

  it('of a candidate whose machine never comes up is a hang at the kernel, and the rollback brings it back', async () => {
    const { state } = await run('hang')
    expectCleanControl(state)
    const candidate = arm(state, 'candidate')
    const hangs = facts(candidate, 'hang')
    expect(hangs.map(({ milestone }) => milestone)).toEqual(['kernel', 'kernel'])
    expect(facts(candidate, 'crash')).toEqual([])
    expect(facts(candidate, 'recovery')).toMatchObject([{ step: 'content-rollback', broughtBack: true }])
  })

  it('whose QEMU is killed from outside is the host’s fault, and runs again', async () => {
    let killed: number | undefined
    const { state } = await run('good', (event, folder) => {
      if (killed !== undefined || event.type !== 'phase-opened') return
      if (event.arm !== 'candidate' || event.phase !== 'check') return
      const name = `rz-vm-good-${process.pid}-${event.cell}-c1`
      killed = qemuOf(join(folder, 'store', 'machines', name))
      process.kill(killed, 'SIGKILL')
    })
    const ends = state.attempts.filter((attempt) => attempt.arm === 'candidate').map(({ end }) => end)
    expect(ends).toEqual(['host-fault', 'completed'])
    const [first] = state.attempts.filter((attempt) => attempt.arm === 'candidate')
    expect(first?.faults).toMatchObject([{ fault: 'host', code: 'HOST_QEMU_KILLED' }])
    expect(first === undefined ? [] : facts(first, 'crash')).toEqual([])
    expectCleanControl(state)
  })
})
