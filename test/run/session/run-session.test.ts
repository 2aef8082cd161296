/** What a session knows before anything runs. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runPlan } from '../../../src/app/run-plan.ts'
import { serial } from '../../../src/plugins/collectors/serial.ts'
import { makePlan, simulatedParts, temporaryFolder } from '../../stand-ins/simulated-lab.ts'

const SECRET = 'ACME-1234-5678'

it('masks a secret that nobody asks for: the layer that has it in may have been built by an earlier run', async () => {
  const folder = temporaryFolder()
  const parts = await simulatedParts({ folder })
  for (const { provider } of parts.hosts) {
    const create = provider.create.bind(provider)
    provider.create = async (spec, ctx) =>
      Object.assign(await create(spec, ctx), {
        serial: { tail: () => Promise.resolve(Buffer.from(`agent: licence ${SECRET}\n`)) },
      })
  }
  const talkative = {
    id: 'acme/talkative',
    title: 'talkative',
    moments: ['baseline'] as const,
    os: ['linux'] as const,
    run: () => Promise.reject(new Error(`the sensor runs with ${SECRET}`)),
  }
  const warned: string[] = []
  await runPlan({
    plan: makePlan({ stages: [1] }),
    run: '20261122T000000Z-0001',
    runFolder: join(folder, 'run'),
    parts: {
      ...parts,
      collectors: [serial],
      checks: [talkative],
      readableSecrets: () => ({ values: [SECRET], missing: ['unused'] }),
      log: { log: (_level, message, facts) => void warned.push(`${message} ${JSON.stringify(facts)}`) },
    },
    hooks: { judgeStage: () => 'passed' },
    signal: new AbortController().signal,
  })
  const files = readdirSync(join(folder, 'run'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
  expect(files.join('\n')).toContain('the sensor runs with')
  expect(files.join('\n')).toContain('agent: licence')
  expect(files.join('\n')).not.toContain(SECRET)
  // One that cannot be had is no fault: perhaps nobody needs it. But its owner is told.
  expect(warned.join('\n')).toContain('unused')
})
