/** What a kill leaves of a machine that was being created. */
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { silentLogger } from '../../../../src/app/working-context.ts'
import { systemClock } from '../../../../src/kit/clock.ts'
import type { MachineRef } from '../../../../src/model/machine-ref.ts'
import { simulatedProvider } from '../../../../src/plugins/providers/simulated/simulated-provider.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-simulated-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('a record that was not written to its end is no machine, and goes with the machine that it was of', async () => {
  const provider = await simulatedProvider.open({ name: 'sim', stateFolder: folder, options: {} } as never)
  const log = silentLogger
  const ctx = { signal: new AbortController().signal, deadline: Infinity, log, clock: systemClock }
  const ref: MachineRef = {
    provider: 'simulated',
    host: 'sim',
    run: 'run',
    cell: 'cell',
    arm: 'candidate',
    attempt: 1,
    name: 'rz-one',
    details: {},
  }
  const spec = {
    ref,
    source: { sha256: '0'.repeat(64), os: 'linux', disk: 'none', diskFormat: 'raw' },
    profile: { cpu: { count: 1 }, memoryMiB: 64 },
    folder,
    allowNetwork: false,
  } as never
  await provider.create(spec, ctx)
  expect(await provider.listMachines('any', ctx)).toEqual([ref])

  const records = join(folder, 'simulated-machines')
  const [record] = readdirSync(records)
  renameSync(join(records, record!), join(records, `${record}.part`))
  expect(await provider.listMachines('any', ctx)).toEqual([])
  expect(await provider.adopt(ref, ctx)).toBeUndefined()
  expect(readdirSync(records)).toEqual([])
})
