/** Lines of the probe that need no machine that runs; the others are broken in host-probe.vm.test.ts. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { MachineRef } from '../../../../src/model/machine-ref.ts'
import type { ProbeLine } from '../../../../src/sdk/provider.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'
import { standInHost, type StandInHost } from '../../../stand-ins/stand-in-host.ts'
import { open } from './open-off-provider.ts'

let host: StandInHost
let count = 0
beforeAll(async () => {
  host = await standInHost()
  // No machine runs in these tests: what comes after the start is not looked at, or says that nothing runs.
  await host.wish('fails-Start-VM')
}, 300_000)
afterAll(() => host.close())

/** The probe's lines on a host that is like this, by id; afterwards the host has no machine of it. */
async function probe(wish?: string): Promise<ReadonlyMap<string, ProbeLine>> {
  count += 1
  const folder = join(host.folder, `probe-${count}`)
  await mkdir(folder)
  const name = `rz-probe-${count}`
  const of = { provider: 'hyper-v', host: 'h', run: 'probe', cell: 'c', arm: 'control', attempt: 1 } as const
  const ref: MachineRef = { ...of, name, details: {} }
  const provider = await open(join(host.folder, 'state'))
  if (wish !== undefined) await host.wish(wish)
  try {
    const lines = (await provider.probe?.(ref, folder, testContext(250))) ?? []
    return new Map(lines.map((line) => [line.id, line]))
  } finally {
    if (wish !== undefined) await host.wish(wish, false)
    const left = await provider.listMachines('probe', testContext(60))
    expect(left.filter((listed) => listed.name === name)).toEqual([])
  }
}

it('a machine that is off is seen, and goes', async () => {
  const lines = await probe()
  expect(lines.get('start')).toMatchObject({ works: false })
  expect(lines.get('states')).toMatchObject({ works: true, detail: 'Off, 2 logs' })
  expect(lines.get('destroy')).toMatchObject({ works: true, detail: 'gone' })
}, 280_000)

it('a log of the host that cannot be read is told as states that cannot be read', async () => {
  const lines = await probe('Microsoft-Windows-Hyper-V-Worker-Admin.unreadable')
  expect(lines.get('states')).toMatchObject({
    works: false,
    detail: expect.stringContaining('Microsoft-Windows-Hyper-V-Worker-Admin') as string,
  })
}, 280_000)

it('a machine that the host keeps without a word is told, and is removed all the same', async () => {
  const lines = await probe('keeps-machine')
  expect(lines.get('destroy')).toMatchObject({ works: false, detail: 'the host still has it' })
}, 280_000)
