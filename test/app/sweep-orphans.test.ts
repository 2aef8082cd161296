/** The sweep on simulated hosts: what is ours and dead goes, everything else stays. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sweepOrphans } from '../../src/app/sweep-orphans.ts'
import { thisOwner } from '../../src/kit/owned-file.ts'
import { itemLock } from '../../src/lab/store.ts'
import type { MachineRef } from '../../src/model/machine-ref.ts'
import { lockRun } from '../../src/record/run-lock.ts'
import type { RunParts } from '../../src/run/run-parts.ts'
import { simulatedParts, temporaryFolder } from '../stand-ins/simulated-lab.ts'

const never = new AbortController().signal

async function make(parts: RunParts, run: string, cell = 'abc'): Promise<MachineRef> {
  const name = `rz-${run}-${cell}-c1`
  const ref: MachineRef = {
    provider: 'simulated',
    host: 'sim-0',
    run,
    cell,
    arm: 'candidate',
    attempt: 1,
    name,
    details: {},
  }
  const folder = join(parts.storeFolder, 'machines', name)
  mkdirSync(folder, { recursive: true })
  await parts.hosts[0]?.provider.create(
    {
      ref,
      folder,
      source: { sha256: '', os: 'linux', disk: '/x', diskFormat: 'raw' },
      profile: { cpu: { count: 1 }, memoryMiB: 64 },
      allowNetwork: false,
    },
    { signal: never, deadline: 0, log: parts.log, clock: parts.clock },
  )
  return ref
}

it('removes machines of dead runs with their files, and leaves those of living and of unknown runs', async () => {
  const parts = await simulatedParts({ folder: temporaryFolder() })
  const dead = await make(parts, 'dead')
  await make(parts, 'alive')
  await make(parts, 'stranger')
  await (
    await lockRun(join(parts.storeFolder, 'runs', 'dead'), 'dead', parts.storeFolder)
  )()
  const unlock = await lockRun(join(parts.storeFolder, 'runs', 'alive'), 'alive', parts.storeFolder)
  const { removed, left, failed } = await sweepOrphans(parts, never)
  expect(removed.map(({ run }) => run)).toEqual(['dead'])
  expect(left.map(({ ref }) => ref.run).toSorted()).toEqual(['alive', 'stranger'])
  expect(failed).toEqual([])
  expect(existsSync(join(parts.storeFolder, 'machines', dead.name))).toBe(false)
  await unlock()
  expect((await sweepOrphans(parts, never)).removed.map(({ run }) => run)).toEqual(['alive'])
})

it.each(['layers', 'checkpoints'] as const)(
  'removes the machine of one of the %s whose builder was killed, never of one that is built or that another store builds',
  async (shelf) => {
    const parts = await simulatedParts({ folder: temporaryFolder() })
    const [killed, living, foreign] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [
      string,
      string,
      string,
    ]
    for (const key of [killed, living, foreign]) await make(parts, 'layers', key.slice(0, 12))
    await make(parts, 'layers', '../../x')
    const lock = (key: string, owner: object): void => {
      mkdirSync(join(parts.storeFolder, 'locks'), { recursive: true })
      writeFileSync(itemLock(parts.storeFolder, shelf, key), JSON.stringify(owner))
    }
    lock(killed, { ...(await thisOwner()), identity: 'another start of this pid' })
    lock(living, await thisOwner())
    const { removed, left, failed } = await sweepOrphans(parts, never)
    expect(failed).toEqual([])
    expect(removed.map(({ cell }) => cell)).toEqual([killed.slice(0, 12)])
    expect(left.map(({ ref }) => ref.cell).toSorted()).toEqual([
      '../../x',
      living.slice(0, 12),
      foreign.slice(0, 12),
    ])
  },
)

it('goes on with the other hosts when one cannot be asked', async () => {
  const parts = await simulatedParts({ folder: temporaryFolder(), hosts: 2 })
  const [broken, other] = parts.hosts
  if (broken === undefined || other === undefined) throw new Error('two hosts')
  const provider = Object.create(broken.provider) as typeof broken.provider
  provider.listMachines = () => Promise.reject(new Error('host is down'))
  await (
    await lockRun(join(parts.storeFolder, 'runs', 'dead'), 'dead', parts.storeFolder)
  )()
  const result = await sweepOrphans({ ...parts, hosts: [{ ...broken, provider }, other] }, never)
  expect(result.failed).toEqual([
    { name: 'host sim-0', because: expect.stringContaining('host is down') as string },
  ])
})
