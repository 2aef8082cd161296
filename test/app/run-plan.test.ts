/** A whole run on simulated machines: the same phases as on real ones, on a clock that jumps. */
import { attemptId } from '../../src/model/attempt-id.ts'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resumeRun } from '../../src/app/resume-run.ts'
import { readRunState } from '../../src/record/read-run-state.ts'
import { runPlan, type RunRequest } from '../../src/app/run-plan.ts'
import type { AttemptState, RunState } from '../../src/model/run-state.ts'
import type { Fact, FactOf } from '../../src/model/observation.ts'
import {
  makePlan,
  simulatedParts,
  temporaryFolder,
  type LabOptions,
  type PlanOptions,
} from '../stand-ins/simulated-lab.ts'

async function run(
  lab: LabOptions,
  planOptions: PlanOptions = {},
  request: Partial<RunRequest> = {},
): Promise<{ state: RunState; folder: string; outcome: Awaited<ReturnType<typeof runPlan>> }> {
  const folder = lab.folder ?? temporaryFolder()
  const outcome = await runPlan({
    plan: makePlan(planOptions),
    run: '20261122T000000Z-0001',
    runFolder: join(folder, 'run'),
    parts: await simulatedParts({ ...lab, folder }),
    hooks: { judgeStage: () => 'passed' },
    signal: new AbortController().signal,
    ...request,
  })
  const left = readdirSync(join(folder, 'hosts', 'sim-0', 'simulated-machines'))
  expect(left).toEqual([])
  return { state: await readRunState(join(folder, 'run')), folder, outcome }
}

function facts<K extends Fact['kind']>(attempt: AttemptState | undefined, kind: K): FactOf<K>[] {
  return (attempt?.observations ?? []).flatMap(({ fact }) => (fact.kind === kind ? [fact as FactOf<K>] : []))
}

const candidateOf = (state: RunState): AttemptState | undefined =>
  state.attempts.find(({ arm }) => arm === 'candidate')

describe('a run', () => {
  it('lets the machines of a stage run under observation as long as the stage says, controls too', async () => {
    const plan = makePlan({ stages: [1], soakSeconds: 60 })
    const soaking = { ...plan, cells: plan.cells.map((cell) => ({ ...cell, soakSeconds: 4200 })) }
    const { state } = await run({}, {}, { plan: soaking })
    const soaks = state.attempts.map(({ phases }) => phases.find(({ phase }) => phase === 'soak'))
    expect(soaks).toHaveLength(2)
    for (const soak of soaks) expect(soak!.endedAt! - soak!.startedAt).toBeGreaterThanOrEqual(4_200_000)
  })

  it('goes through every phase of both arms, and leaves no machine', async () => {
    const { state, outcome } = await run({}, { stages: [1] })
    expect(outcome).toMatchObject({ ended: 'complete', pluginFaults: 0, toolFaults: 0, leftBehind: [] })
    expect(outcome.simulated).toBe(true)
    expect(state.attempts.map(({ arm, end }) => `${arm} ${end}`)).toEqual([
      'control completed',
      'candidate completed',
    ])
    const phases = state.attempts.map((attempt) => attempt.phases.map(({ phase }) => phase).join(' '))
    expect(phases[1]).toBe('provision boot baseline install check restart check restart check soak rollback')
    expect(phases[0]).toBe('provision boot baseline check restart check restart check soak rollback')
    const boots = facts(state.attempts[1], 'boot')
    expect(boots.map(({ ordinal, cause, ended }) => `${ordinal} ${cause} ${ended}`)).toEqual([
      '1 start settled',
      '2 asked-restart settled',
      '3 start settled',
      '4 asked-restart settled',
    ])
    expect(facts(state.attempts[1], 'expectation').every(({ holds }) => holds)).toBe(true)
    expect(state.closed).toBe(true)
    expect(state.machines.size).toBe(0)
  })

  it('judges a boot loop over three starts, counted from the host, and finds the recovery step that brings it back', async () => {
    const { state } = await run({ faults: [{ behaviour: 'boot-loop' }] }, { stages: [1] })
    const attempt = candidateOf(state)
    expect(attempt?.end).toBe('completed')
    expect(facts(attempt, 'boot').map(({ cause, ended }) => `${cause} ${ended}`)).toEqual([
      'start settled',
      'asked-restart reset',
      'unexpected-reset reset',
      'unexpected-reset reset',
      'recovery settled',
      'recovery settled',
      'recovery settled',
    ])
    expect(facts(attempt, 'recovery')).toEqual([
      expect.objectContaining({ step: 'content-rollback', broughtBack: true }),
    ])
    expect(facts(state.attempts[0], 'boot').every(({ ended }) => ended === 'settled')).toBe(true)
  })

  it('restarts a machine that stays dead after a panic and judges it over three starts', async () => {
    const { state } = await run({ faults: [{ behaviour: 'panic' }] }, { stages: [1] })
    const attempt = candidateOf(state)
    expect(facts(attempt, 'boot').map(({ cause, ended }) => `${cause} ${ended}`)).toEqual([
      'start settled',
      'asked-restart crash',
      'start crash',
      'start crash',
      'recovery settled',
      'recovery settled',
      'recovery settled',
    ])
  })

  it('calls a machine that never comes up a hang, with the milestone it reached', async () => {
    const { state } = await run({ faults: [{ behaviour: 'hang' }] }, { stages: [1] })
    const hangs = facts(candidateOf(state), 'hang')
    expect(hangs.map(({ milestone }) => milestone)).toEqual(['kernel', 'kernel'])
    expect(facts(candidateOf(state), 'recovery')[0]?.broughtBack).toBe(true)
  })

  it('calls a guest that falls silent after the installation a hang', async () => {
    const { state } = await run({ faults: [{ behaviour: 'silent' }] }, { stages: [1] })
    expect(facts(candidateOf(state), 'hang')[0]?.mechanism).toBe('idle-silent')
    expect(candidateOf(state)?.phases.find(({ end }) => end !== 'done')?.phase).toBe('install')
  })

  it('never forgets a crash although the machine comes up again', async () => {
    const { state } = await run({ faults: [{ behaviour: 'crash-once' }] }, { stages: [1] })
    const attempt = candidateOf(state)
    expect(facts(attempt, 'crash')).toHaveLength(1)
    expect(facts(attempt, 'boot').at(-1)?.ended).toBe('settled')
    expect(facts(attempt, 'recovery')).toEqual([])
  })

  it('gives a machine that restarts by itself after each start as long as it lived, and takes the candidate out', async () => {
    const { state } = await run({ faults: [{ behaviour: 'restart-loop' }] }, { stages: [1] })
    const attempt = candidateOf(state)
    expect(facts(attempt, 'boot').map(({ cause, ended }) => `${cause} ${ended}`)).toEqual([
      'start settled',
      'asked-restart settled',
      'unexpected-reset settled',
      'unexpected-reset settled',
      'recovery settled',
      'recovery settled',
      'recovery settled',
    ])
    expect(facts(attempt, 'recovery').map(({ broughtBack }) => broughtBack)).toEqual([true])
  })

  it('reports a fault that also the control has on both arms', async () => {
    const { state } = await run({ faults: [{ behaviour: 'hang', needs: 'always' }] }, { stages: [1] })
    expect(state.attempts.map((attempt) => facts(attempt, 'hang').length)).toEqual([2, 2])
    expect(state.attempts.flatMap((attempt) => attempt.phases.map(({ phase }) => phase))).not.toContain(
      'install',
    )
  })

  it('tries a host fault again on the other host, and counts only the attempt that came through', async () => {
    const faults = [{ behaviour: 'host-fault', probability: 0.4 }]
    const { state } = await run({ faults, hosts: 2, seed: 3 }, { stages: [6] })
    const ends = state.attempts.map(({ end }) => end)
    expect(ends).toContain('host-fault')
    const completed = state.attempts.filter(({ end }) => end === 'completed')
    expect(new Set(completed.map(({ cell, arm }) => `${cell} ${arm}`)).size).toBe(completed.length)
  })

  it('drains a host whose every machine fails, and ends', async () => {
    const { state, outcome } = await run({ faults: [{ behaviour: 'create-fails' }] }, { stages: [12] })
    expect(outcome.ended).toBe('complete')
    expect(outcome.impossible.length).toBeGreaterThan(0)
    expect([...state.drained.keys()]).toEqual(['sim-0'])
    expect(state.attempts.every(({ end }) => end === 'host-fault')).toBe(true)
  })

  it('goes on on its only host when single machines could not be made, and judges all cells', async () => {
    const faults = [{ behaviour: 'create-fails', probability: 0.3 }]
    const { state } = await run({ faults, seed: 23, machines: 4 }, { stages: [6] })
    const failed = state.attempts.filter(({ end }) => end === 'host-fault')
    expect(failed.length).toBeGreaterThan(3)
    expect(state.drained.size).toBe(0)
    const through = state.attempts.filter(({ end }) => end === 'completed')
    expect(new Set(through.map(({ cell, arm }) => `${cell} ${arm}`)).size).toBe(12)
  })

  it('measures a control once for all cells that share it; the others name its attempts', async () => {
    const { state } = await run({}, { stages: [6], sharing: 3 })
    const controls = state.attempts.filter(({ arm }) => arm === 'control')
    expect(controls).toHaveLength(2)
    expect(state.reusedControls.size).toBe(4)
    const ids = controls.map(attemptId)
    expect(
      [...state.reusedControls.values()].every(({ attempts }) => ids.includes(attempts?.[0] ?? '')),
    ).toBe(true)
    expect(controls.every(({ end, observations }) => end === 'completed' && observations.length > 5)).toBe(
      true,
    )
  })

  it('does not start the next stage after a red one, unless told to keep going', async () => {
    const hooks = { judgeStage: () => 'failed' as const }
    const stopped = await run({}, {}, { hooks })
    expect([...stopped.state.stages.keys()]).toEqual(['stage-0'])
    const kept = await run({}, {}, { hooks, keepGoing: true })
    expect([...kept.state.stages.keys()]).toEqual(['stage-0', 'stage-1'])
  })

  it('judges its stages again when it is resumed: a failure that is waived since then stops nothing', async () => {
    const folder = temporaryFolder()
    await run({ folder }, {}, { hooks: { judgeStage: () => 'failed' } })
    const judged: string[] = []
    const again = await resumeRun({
      runFolder: join(folder, 'run'),
      parts: await simulatedParts({ folder }),
      hooks: {
        judgeStage: (stage) => {
          judged.push(stage)
          return 'passed'
        },
      },
      signal: new AbortController().signal,
    })
    expect([again.ended, judged]).toEqual(['complete', ['stage-0', 'stage-1']])
    const { stages } = await readRunState(join(folder, 'run'))
    expect([...stages.values()].map(({ state }) => state)).toEqual(['passed', 'passed'])
  })

  it('ends interrupted with nothing running, and goes on from there', async () => {
    const folder = temporaryFolder()
    const stop = new AbortController()
    let seen = 0
    const listeners = [(): void => void ((seen += 1) === 60 && stop.abort(new Error('Ctrl-C')))]
    const { state, outcome } = await run({ folder }, {}, { signal: stop.signal, listeners })
    expect(outcome.ended).toBe('interrupted')
    expect(state.interrupted).toBeDefined()
    expect(state.attempts.some(({ end }) => end === 'interrupted')).toBe(true)
    const again = await resumeRun({
      runFolder: join(folder, 'run'),
      parts: await simulatedParts({ folder }),
      hooks: { judgeStage: () => 'passed' },
      signal: new AbortController().signal,
    })
    expect(again.ended).toBe('complete')
    const after = await readRunState(join(folder, 'run'))
    const completed = after.attempts.filter(({ end }) => end === 'completed')
    expect(completed).toHaveLength(12)
    expect(new Set(completed.map(({ cell, arm }) => `${cell} ${arm}`)).size).toBe(12)
  })

  it('notes a check that throws as the plugin’s fault and as something nobody looked at', async () => {
    const broken = {
      id: 'acme/broken',
      title: 'broken',
      moments: ['baseline'] as const,
      os: ['linux'] as const,
      run: () => Promise.reject(new Error('off by one, password hunter2-hunter2')),
    }
    const { state, outcome } = await run({ checks: [broken] }, { stages: [1] })
    expect(outcome.pluginFaults).toBe(2)
    expect(state.attempts.every(({ end }) => end === 'completed')).toBe(true)
    expect(facts(candidateOf(state), 'blind')[0]?.subject).toBe('acme/broken')
  })

  it('stops a cell whose input is wrong, once, and calls it no fault of ringzero', async () => {
    const folder = temporaryFolder()
    const { hosts, ...rest } = await simulatedParts({ folder })
    const parts = { ...rest, hosts: hosts.map((host) => ({ ...host, installers: [] })) }
    const { state, outcome } = await run({ folder }, { stages: [1] }, { parts })
    expect(outcome).toMatchObject({ ended: 'complete', toolFaults: 0, pluginFaults: 0, standingFaults: 0 })
    expect(state.attempts.map(({ arm, end }) => `${arm} ${end}`)).toEqual([
      'control completed',
      'candidate stopped',
    ])
    expect(candidateOf(state)?.faults).toEqual([
      expect.objectContaining({ code: 'INSTALLER_UNKNOWN', fault: 'user' }),
    ])
  })

  it('masks a secret that was handed out, wherever its text goes', async () => {
    const talkative = {
      id: 'acme/talkative',
      title: 'talkative',
      moments: ['baseline'] as const,
      os: ['linux'] as const,
      run: (target: { readonly secret: (name: string) => string }) =>
        Promise.reject(new Error(`login with ${target.secret('x')} refused`)),
    }
    const { folder } = await run({ checks: [talkative] }, { stages: [1] })
    const journal = readFileSync(join(folder, 'run', 'journal.jsonl'), 'utf8')
    expect(journal).toContain('login with')
    expect(journal).not.toContain('hunter2')
  })

  it('keeps the machine of a failed cell when asked to, and only that', async () => {
    const folder = temporaryFolder()
    const parts = await simulatedParts({ folder, faults: [{ behaviour: 'hang' }] })
    await runPlan({
      plan: makePlan({ stages: [1] }),
      run: '20261122T000000Z-0002',
      runFolder: join(folder, 'run'),
      parts,
      hooks: { judgeStage: () => 'failed' },
      signal: new AbortController().signal,
      keepFailed: true,
    })
    const state = await readRunState(join(folder, 'run'))
    expect([...state.kept]).toEqual([expect.stringContaining('-c1')])
    expect(existsSync(join(folder, 'run', 'run.lock'))).toBe(false)
  })
})
