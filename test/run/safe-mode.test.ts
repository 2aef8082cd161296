/** Whether safe mode still starts: asked once, after the soak, and only where a check wants to know. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readRunState } from '../../src/app/resume-run.ts'
import { runPlan } from '../../src/app/run-plan.ts'
import { blindSpots } from '../../src/judge/evidence-gaps.ts'
import { judgeRun } from '../../src/judge/judge-run.ts'
import { expectationSymptoms } from '../../src/judge/symptoms/expectation-symptoms.ts'
import type { Fact } from '../../src/model/observation.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
import type { AttemptState, RunState } from '../../src/model/run-state.ts'
import type { Check } from '../../src/sdk/check.ts'
import type { Machine } from '../../src/sdk/provider.ts'
import { makePlan, servicesCheck, simulatedParts, temporaryFolder, type LabOptions } from './simulated-lab.ts'

const inSafeMode: Check = {
  id: 'in-safe-mode',
  title: 'what is seen in safe mode',
  moments: ['after-soak'],
  dialects: ['linux', 'windows'],
  needed: false,
  start: 'safe',
  async run({ dialect, guest }, ctx) {
    const { mode } = await dialect.boot(guest, ctx)
    return [
      {
        kind: 'expectation',
        subject: 'seen',
        expected: 'safe',
        seen: mode,
        holds: mode === 'safe',
        symptom: 'service-degraded',
        severity: 'fail',
      },
    ]
  },
}

const plan = makePlan({ stages: [1] })

async function attempts(
  faults: NonNullable<LabOptions['faults']> = [],
  checks: readonly Check[] = [servicesCheck, inSafeMode],
  change: (machine: Machine) => void = () => undefined,
): Promise<readonly AttemptState[]> {
  return (await runState(faults, checks, change)).attempts
}

async function runState(
  faults: NonNullable<LabOptions['faults']>,
  checks: readonly Check[],
  change: (machine: Machine) => void = () => undefined,
): Promise<RunState> {
  const folder = temporaryFolder()
  const parts = await simulatedParts({ folder, faults, checks })
  for (const { provider } of parts.hosts) {
    const create = provider.create.bind(provider)
    provider.create = async (spec, ctx) => {
      const machine = await create(spec, ctx)
      change(machine)
      return machine
    }
  }
  const outcome = await runPlan({
    plan,
    run: '20261122T000000Z-0001',
    runFolder: join(folder, 'run'),
    parts,
    hooks: { judgeStage: () => 'passed' },
    signal: new AbortController().signal,
  })
  expect(outcome).toMatchObject({ pluginFaults: 0, toolFaults: 0, leftBehind: [] })
  return await readRunState(join(folder, 'run'))
}

const about = (attempt: AttemptState | undefined, start: string): readonly Fact[] =>
  (attempt?.observations ?? [])
    .map(({ fact }) => fact)
    .filter((fact) => fact.kind === 'expectation' && fact.subject.startsWith(start))

it('is looked at once an attempt, and the machine is up as usual for the roll-back', async () => {
  const both = await attempts()
  for (const attempt of both) {
    expect(attempt.end).toBe('completed')
    expect(about(attempt, 'safe-mode:start')).toMatchObject([{ holds: true, seen: 'it runs in safe mode' }])
    expect(about(attempt, 'seen')).toMatchObject([{ holds: true }])
    expect(about(attempt, 'boot:count').every((fact) => fact.kind === 'expectation' && fact.holds)).toBe(true)
    expect(attempt.phases.at(-1)).toMatchObject({ phase: 'rollback', end: 'done' })
    expect(attempt.phases.every(({ end }) => end === 'done')).toBe(true)
    const modes = attempt.observations.filter(({ fact }) => fact.kind === 'stuck')
    expect(modes).toEqual([])
  }
})

it('is told as a failure when it does not start, and as nothing else; the machine is started as usual again', async () => {
  const [, candidate] = await attempts([{ behaviour: 'safe-mode-panic' }])
  expect(candidate?.arm).toBe('candidate')
  expect(about(candidate, 'safe-mode:start')).toMatchObject([{ holds: false, symptom: 'safe-mode-broken' }])
  const crashes = candidate?.observations.map(({ fact }) => fact).filter((fact) => fact.kind === 'crash')
  expect(crashes).toMatchObject([{ expectedByTest: true }])
  expect(candidate?.phases.at(-1)).toMatchObject({ phase: 'rollback', end: 'done' })
  const found = candidate === undefined ? [] : expectationSymptoms(candidate)
  expect(found.map(({ symptom }) => symptom.signature).join()).toContain('safe-mode-broken')
})

it('is not started where no check asks for it', async () => {
  const both = await attempts([{ behaviour: 'safe-mode-panic' }], [servicesCheck])
  for (const attempt of both) expect(about(attempt, 'safe-mode')).toEqual([])
})

it('is told as a failure when the machine dies right after the last look', async () => {
  const late: Check = {
    ...inSafeMode,
    async run({ arm, dialect, guest }, ctx) {
      if (arm === 'candidate')
        void ctx.clock.sleep(500).then(async () => await dialect.restart(guest, ctx).catch(() => undefined))
      return await Promise.resolve([])
    },
  }
  const [control, candidate] = await attempts([], [servicesCheck, late])
  expect(about(control, 'safe-mode:')).toMatchObject([{ holds: true }, { holds: true }])
  expect(about(candidate, 'safe-mode:')).toMatchObject([
    { subject: 'safe-mode:start', holds: true },
    { subject: 'safe-mode:stays', holds: false, symptom: 'safe-mode-broken' },
  ])
  expect(candidate?.phases.at(-1)).toMatchObject({ phase: 'rollback', end: 'done' })
})

it('that the control does not reach either takes no blame from what the candidate breaks elsewhere', async () => {
  const state = await runState(
    [{ behaviour: 'safe-mode-panic', needs: 'always' }, { behaviour: 'service-degraded' }],
    [servicesCheck, inSafeMode],
  )
  const [cell] = judgeRun(plan, state, DEFAULT_POLICY, 0)
  expect(cell?.verdict.outcome).toBe('fail')
  expect(cell?.verdict.symptoms.map(({ class: name }) => name)).not.toContain('safe-mode-broken')
})

it('is a gap under the name of the check on a machine that cannot be started so, and costs no verdict', async () => {
  const both = await attempts([], [servicesCheck, inSafeMode], (machine) => {
    Object.defineProperty(machine, 'safeBoot', { value: undefined })
  })
  expect(blindSpots(both, new Set()).map(({ subject }) => subject)).toContain('in-safe-mode')
  expect(blindSpots(both, new Set(['in-safe-mode']))).toEqual([])
})
