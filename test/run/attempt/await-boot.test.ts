/** What is said of a machine that did not come up in time: by what the host and the guest said of themselves. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readRunState } from '../../../src/record/read-run-state.ts'
import { runPlan } from '../../../src/app/run-plan.ts'
import { hangSymptoms } from '../../../src/judge/symptoms/hang-symptoms.ts'
import type { Fact } from '../../../src/model/observation.ts'
import { makePlan, simulatedParts, temporaryFolder, type LabOptions } from '../../stand-ins/simulated-lab.ts'

async function seen(
  faults: LabOptions['faults'],
): Promise<{ readonly facts: readonly Fact[]; readonly signatures: readonly string[] }> {
  const folder = temporaryFolder()
  await runPlan({
    plan: makePlan({ stages: [1] }),
    run: '20261122T000000Z-0001',
    runFolder: join(folder, 'run'),
    parts: await simulatedParts({ folder, ...(faults === undefined ? {} : { faults }) }),
    hooks: { judgeStage: () => 'passed' },
    signal: new AbortController().signal,
  })
  const state = await readRunState(join(folder, 'run'))
  const attempt = state.attempts.find(({ arm }) => arm === 'candidate')
  return {
    facts: (attempt?.observations ?? []).map(({ fact }) => fact),
    signatures: attempt === undefined ? [] : hangSymptoms(attempt).map(({ symptom }) => symptom.signature),
  }
}

it('is a hung logon when the heartbeat is green and nobody can sign in', async () => {
  const { facts, signatures } = await seen([{ behaviour: 'logon-hang' }])
  const hang = facts.find((fact) => fact.kind === 'hang')
  expect(hang).toMatchObject({ mechanism: 'logon' })
  expect(hang?.kind === 'hang' && hang.detail).toContain('heartbeat is green')
  expect(signatures.join()).toContain('logon-hang')
})

it('is a hang of the boot when there was no heartbeat', async () => {
  const { facts, signatures } = await seen([{ behaviour: 'hang' }])
  expect(facts.find((fact) => fact.kind === 'hang')).toMatchObject({ mechanism: 'unknown' })
  expect(signatures.join()).not.toContain('logon-hang')
})

it('is a setup that waits for a person when the system says so, and no hang', async () => {
  const { facts } = await seen([{ behaviour: 'setup-waits' }])
  expect(facts.filter((fact) => fact.kind === 'hang')).toEqual([])
  expect(facts.find((fact) => fact.kind === 'stuck')).toMatchObject({
    where: 'setup',
    detail: expect.stringContaining('OOBEInProgress') as string,
  })
})
