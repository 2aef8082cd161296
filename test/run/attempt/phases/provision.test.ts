/** Machines that are made late, and disks that are made with secrets. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readRunState } from '../../../../src/record/read-run-state.ts'
import { runPlan } from '../../../../src/app/run-plan.ts'
import { AppError } from '../../../../src/model/errors.ts'
import type { RunParts } from '../../../../src/run/run-parts.ts'
import { makePlan, simulatedParts, temporaryFolder } from '../../../stand-ins/simulated-lab.ts'

/** Makes the hosts notice no abort, and finish each machine a little after the person gave up. */
function slowToMake(parts: RunParts, stop: AbortController): RunParts {
  for (const { provider } of parts.hosts) {
    const create = provider.create.bind(provider)
    provider.create = async (spec, ctx) => {
      stop.abort(new Error('Ctrl-C'))
      await new Promise<void>((resolve) => setImmediate(resolve))
      return await create(spec, ctx)
    }
  }
  return parts
}

it('destroys a machine that was still being made when the run was interrupted', async () => {
  const folder = temporaryFolder()
  const stop = new AbortController()
  const outcome = await runPlan({
    plan: makePlan({ stages: [1] }),
    run: '20261122T000000Z-0001',
    runFolder: join(folder, 'run'),
    parts: slowToMake(await simulatedParts({ folder }), stop),
    hooks: { judgeStage: () => 'passed' },
    signal: stop.signal,
  })
  expect(outcome).toMatchObject({ ended: 'interrupted', toolFaults: 0, leftBehind: [] })
  expect(readdirSync(join(folder, 'hosts', 'sim-0', 'simulated-machines'))).toEqual([])
  const state = await readRunState(join(folder, 'run'))
  expect(state.attempts.map(({ end }) => end)).toEqual(['interrupted', 'interrupted'])
  expect(state.machines.size).toBe(0)
})

it('leaves no folder that the journal does not name, whenever it is killed', async () => {
  const folder = temporaryFolder()
  const early: string[] = []
  await runPlan({
    plan: makePlan({ stages: [1] }),
    run: '20261122T000000Z-0001',
    runFolder: join(folder, 'run'),
    parts: await simulatedParts({ folder }),
    hooks: { judgeStage: () => 'passed' },
    signal: new AbortController().signal,
    listeners: [
      (event) => {
        if (event.type !== 'machine-announced') return
        if (existsSync(join(folder, 'store', 'machines', event.ref.name))) early.push(event.ref.name)
      },
    ],
  })
  expect(early).toEqual([])
})

it.each(['disk', 'machine'])('that takes too long over the %s is the fault of the host', async (what) => {
  const folder = temporaryFolder()
  const parts = await simulatedParts({ folder })
  const hang: RunParts['sourceFor'] = async (_cell, _host, ctx) => {
    await ctx.clock.sleep(10_000_000, ctx.signal)
    throw new Error('nobody waits so long')
  }
  if (what === 'machine')
    for (const { provider } of parts.hosts)
      provider.create = async (_spec, ctx) => {
        await ctx.clock.sleep(10_000_000, ctx.signal)
        throw new Error('nobody waits so long')
      }
  const runFolder = join(folder, 'run')
  const { toolFaults } = await runPlan({
    plan: makePlan({ stages: [1] }),
    run: '20261122T000000Z-0001',
    runFolder,
    parts: what === 'disk' ? { ...parts, sourceFor: hang } : parts,
    hooks: { judgeStage: () => 'inconclusive' },
    signal: new AbortController().signal,
  })
  const faults = (await readRunState(runFolder)).attempts.flatMap((attempt) => attempt.faults)
  expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(['HOST_DEADLINE']))
  expect(faults[0]?.message).toContain(what)
  expect(toolFaults).toBe(0)
})

it('masks a secret that a product printed while its layer was built', async () => {
  const folder = temporaryFolder()
  const parts = await simulatedParts({ folder })
  await runPlan({
    plan: makePlan({ stages: [1] }),
    run: '20261122T000000Z-0001',
    runFolder: join(folder, 'run'),
    parts: {
      ...parts,
      sourceFor: (_cell, _host, _ctx, secret) =>
        Promise.reject(new AppError('HOST_LAYER', 'host', `its probe said: ${secret('licence')}`)),
    },
    hooks: { judgeStage: () => 'passed' },
    signal: new AbortController().signal,
  })
  const journal = readFileSync(join(folder, 'run', 'journal.jsonl'), 'utf8')
  expect(journal).toContain('its probe said')
  expect(journal).not.toContain('hunter2-hunter2')
})
