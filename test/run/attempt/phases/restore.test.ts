/** When a checkpoint is not used again: only where it, and not the host alone, may be to blame. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readRunState } from '../../../../src/record/read-run-state.ts'
import { runPlan } from '../../../../src/app/run-plan.ts'
import { AppError } from '../../../../src/model/errors.ts'
import type { RunState } from '../../../../src/model/run-state.ts'
import type { CellCheckpoint } from '../../../../src/run/run-parts.ts'
import { makePlan, simulatedParts, temporaryFolder } from '../../../stand-ins/simulated-lab.ts'

const plan = makePlan({ stages: [1] })
const lane = {
  ...plan,
  cells: plan.cells.map((cell) => ({ ...cell, start: { from: 'checkpoint' as const } })),
}

/** A run whose machines go on from a checkpoint of another life; each start (or making) throws `fault` first, if there is one. */
async function run(
  invalidate: CellCheckpoint['invalidate'],
  fault?: AppError,
  step: 'create' | 'start' = 'start',
): Promise<{ state: RunState; warned: string[]; toolFaults: number }> {
  const folder = temporaryFolder()
  const parts = await simulatedParts({ folder })
  for (const { provider } of parts.hosts) {
    const create = provider.create.bind(provider)
    provider.create = async (spec, ctx) => {
      if (fault !== undefined && step === 'create') throw fault
      const machine = await create(spec, ctx)
      if (fault !== undefined) machine.start = () => Promise.reject(fault)
      return machine
    }
  }
  const warned: string[] = []
  const runFolder = join(folder, 'run')
  // Shared by the cells until it is invalidated, as that of a lab is.
  let shared: CellCheckpoint | undefined
  const fresh = (source: CellCheckpoint['source']): CellCheckpoint => ({
    source,
    savedState: { disk: '/simulated', memory: '/simulated', diskFormat: 'raw' },
    sha256: 'c'.repeat(64),
    bootId: 'another life',
    bootCount: 1,
    bootMs: 1000,
    invalidate: async (reason) => {
      shared = undefined
      await invalidate(reason)
    },
  })
  const { toolFaults } = await runPlan({
    plan: lane,
    run: '20261122T000000Z-0001',
    runFolder,
    parts: {
      ...parts,
      hosts: parts.hosts.map((host) => ({
        ...host,
        guests: new Map(
          [...host.guests].map(([name, os]) => [
            name,
            { ...os, setClock: (at: number) => Promise.resolve(at) },
          ]),
        ),
      })),
      log: { log: (_level, message) => void warned.push(message) },
      checkpointFor: async (cell, host, ctx, secret) =>
        (shared ??= fresh(await parts.sourceFor(cell, host, ctx, secret))),
    },
    hooks: { judgeStage: () => 'inconclusive' },
    signal: new AbortController().signal,
  })
  return { state: await readRunState(runFolder), warned, toolFaults }
}

const codes = (state: RunState): string[] => [
  ...new Set(state.attempts.flatMap(({ faults }) => faults.map(({ code, fault }) => `${fault} ${code}`))),
]

it('invalidates the checkpoint when the machine is not the one that was saved', async () => {
  const reasons: string[] = []
  const { state } = await run((reason) => Promise.resolve(void reasons.push(reason)))
  expect(codes(state)).toEqual(['host HOST_CHECKPOINT'])
  expect(new Set(reasons)).toEqual(
    new Set(['the guest answers under another boot id than it was saved with']),
  )
})

it('keeps the checkpoint when the host had no room for the machine once, and not when that goes on', async () => {
  const reasons: string[] = []
  const full = new AppError('HOST_RESOURCES', 'host', 'no memory is left')
  const { state } = await run((reason) => Promise.resolve(void reasons.push(reason)), full)
  expect(codes(state)).toEqual(['host HOST_RESOURCES', 'host HOST_CHECKPOINT'])
  const ends = state.attempts.flatMap(({ faults }) => faults.map(({ code }) => code))
  expect(reasons).toHaveLength(ends.filter((code) => code === 'HOST_CHECKPOINT').length)
  expect(ends.filter((code) => code === 'HOST_RESOURCES').length).toBeGreaterThanOrEqual(reasons.length)
})

it('invalidates the checkpoint, too, where the host does not take it when the machine is made', async () => {
  const reasons: string[] = []
  const refused = new AppError('HOST_NOT_RESTORED', 'host', 'the host does not take the saved machine')
  const { state } = await run((reason) => Promise.resolve(void reasons.push(reason)), refused, 'create')
  expect(codes(state)).toEqual(['host HOST_CHECKPOINT'])
  expect(new Set(reasons)).toEqual(new Set(['the host does not take the saved machine']))
  expect(state.machines.size).toBe(0)
})

it('stays the fault of the host when the mark cannot be written on its full disk', async () => {
  const { state, warned, toolFaults } = await run(() => Promise.reject(new Error('ENOSPC')))
  expect(codes(state)).toEqual(['host HOST_CHECKPOINT'])
  expect(toolFaults).toBe(0)
  expect(warned.join()).toContain('could not be marked as invalidated')
})
