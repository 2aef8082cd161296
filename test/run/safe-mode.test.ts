/** Whether safe mode still starts: asked once, after the soak, and only where a check wants to know. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readRunState } from '../../src/app/resume-run.ts'
import { runPlan } from '../../src/app/run-plan.ts'
import { expectationSymptoms } from '../../src/judge/symptoms/expectation-symptoms.ts'
import type { Fact } from '../../src/model/observation.ts'
import type { AttemptState } from '../../src/model/run-state.ts'
import type { Check } from '../../src/sdk/check.ts'
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

async function attempts(
  faults: LabOptions['faults'] = [],
  checks: readonly Check[] = [servicesCheck, inSafeMode],
): Promise<readonly AttemptState[]> {
  const folder = temporaryFolder()
  const outcome = await runPlan({
    plan: makePlan({ stages: [1] }),
    run: '20261122T000000Z-0001',
    runFolder: join(folder, 'run'),
    parts: await simulatedParts({ folder, faults, checks }),
    hooks: { judgeStage: () => 'passed' },
    signal: new AbortController().signal,
  })
  expect(outcome).toMatchObject({ pluginFaults: 0, toolFaults: 0, leftBehind: [] })
  return (await readRunState(join(folder, 'run'))).attempts
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
  expect(about(candidate, 'safe-mode:start')).toMatchObject([{ holds: false, symptom: 'boot-hang' }])
  const crashes = candidate?.observations.map(({ fact }) => fact).filter((fact) => fact.kind === 'crash')
  expect(crashes).toMatchObject([{ expectedByTest: true }])
  expect(candidate?.phases.at(-1)).toMatchObject({ phase: 'rollback', end: 'done' })
  const found = candidate === undefined ? [] : expectationSymptoms(candidate)
  expect(found.map(({ symptom }) => symptom.signature).join()).toContain('boot-hang')
})

it('is not started where no check asks for it', async () => {
  const both = await attempts([{ behaviour: 'safe-mode-panic' }], [servicesCheck])
  for (const attempt of both) expect(about(attempt, 'safe-mode')).toEqual([])
})
