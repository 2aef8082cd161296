/** A candidate that takes effect only with the restart that it asks for, as an update of Windows does. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readRunState } from '../../../../src/record/read-run-state.ts'
import { runPlan } from '../../../../src/app/run-plan.ts'
import { simulatedInstaller } from '../../../../src/plugins/providers/simulated/simulated-installer.ts'
import type { Installer } from '../../../../src/sdk/installer.ts'
import { makePlan, simulatedParts, temporaryFolder } from '../../../stand-ins/simulated-lab.ts'

/** There only in another start than the one that it was installed in. */
function pendingInstaller(): Installer {
  let installedIn = ''
  return {
    ...simulatedInstaller,
    async apply(artifact, target, ctx) {
      installedIn = (await target.os.boot(target.guest, ctx)).bootId
      const applied = await simulatedInstaller.apply(artifact, target, ctx)
      return { ...applied, fact: { ...applied.fact, outcome: 'reboot' }, restartDue: true }
    },
    async verify(artifact, target, ctx) {
      const { bootId } = await target.os.boot(target.guest, ctx)
      const facts = await simulatedInstaller.verify(artifact, target, ctx)
      return facts.map((fact) => (bootId === installedIn ? { ...fact, seen: 'pending', holds: false } : fact))
    },
  }
}

it('is proven after that restart, and not called missing before it', async () => {
  const folder = temporaryFolder()
  const parts = await simulatedParts({ folder })
  const runFolder = join(folder, 'run')
  await runPlan({
    plan: makePlan({ stages: [1], restarts: 1 }),
    run: '20261122T000000Z-0001',
    runFolder,
    parts: { ...parts, hosts: parts.hosts.map((host) => ({ ...host, installers: [pendingInstaller()] })) },
    hooks: { judgeStage: () => 'passed' },
    signal: new AbortController().signal,
  })
  const { attempts } = await readRunState(runFolder)
  const proofs = attempts
    .flatMap(({ observations }) => observations)
    .flatMap(({ phase, fact }) =>
      fact.kind === 'expectation' && fact.symptom === 'update-not-applied' ? [[phase, fact.holds]] : [],
    )
  expect(proofs).toEqual([['check', true]])
})
