/**
 * Of the provider's contract what needs no machine that runs, as node.exe, PowerShell for Windows and the stand-in of Hyper-V: the
 * machines of the stand-in that run are QEMU's, reached by sockets of Unix (provider.vm.test.ts has the whole contract).
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as vitest from 'vitest'
import { ContractFixture } from '../../../../src/sdk/testing/contract-fixture.ts'
import { describeMachineLife } from '../../../../src/sdk/testing/machine-life-contract.ts'
import { describeHostSide } from '../../../../src/sdk/testing/provider-host-contract.ts'
import { describeSavedState } from '../../../../src/sdk/testing/saved-state-contract.ts'
import type { TestApi } from '../../../../src/sdk/testing/test-api.ts'
import { LINUX_MICRO_PHRASES } from '../../../stand-ins/linux-micro.ts'
import { standInHost, type StandInHost } from '../../../stand-ins/stand-in-host.ts'
import { open } from './open-off-provider.ts'

const CARRIED = new Set([
  'is created off, under its own name',
  'has exactly the facets that it works with',
  'is named by what it was saved under, by the same name for the same machine',
  'tells facts that survive JSON, and findings with a way to fix them',
  'refuses what it cannot give, with reasons, and nothing else',
  'leaves nothing when a machine cannot be made, and blames the host',
  'leaves nothing when the caller gives up before the machine is made',
  'finds a machine by its announced name alone, and destroys it',
])

const api: TestApi = {
  describe: (name, body) => void vitest.describe(name, body),
  beforeAll: (body, timeoutMs) => vitest.beforeAll(body, timeoutMs),
  afterAll: (body, timeoutMs) => vitest.afterAll(body, timeoutMs),
  it: (name, body, timeout) =>
    vitest.it(
      name,
      CARRIED.has(name)
        ? { timeout }
        : { skip: true, meta: { notHere: 'machines that run, which are QEMU’s' } },
      body,
    ),
}

let host: StandInHost
const source = { sha256: '0'.repeat(64), os: 'windows', diskFormat: 'vhdx' } as const
const credentials = { user: 'administrator', secret: 'guest-password' }
function group(name: string, body: (fixture: ContractFixture) => void): void {
  vitest.describe(name, () => {
    const fixture = new ContractFixture({
      provider: 'hyper-v',
      open,
      source: async () => ({ ...source, disk: join(host.folder, 'parent.vhdx'), credentials }),
      profile: { cpu: { count: 1 }, memoryMiB: 256 },
      guest: LINUX_MICRO_PHRASES,
      bootMs: 180_000,
      refused: { machineType: 'q35' },
      brokenSource: { ...source, disk: 'C:\\none\\disk.vhdx' },
      creatorModule: fileURLToPath(new URL('open-off-provider.ts', import.meta.url)),
    })
    vitest.beforeAll(async () => await fixture.open())
    vitest.afterAll(async () => await fixture.close())
    body(fixture)
  })
}

vitest.describe('the contract of the Hyper-V provider', () => {
  vitest.beforeAll(async () => void (host = await standInHost()))
  vitest.afterAll(async () => await host.close())

  group('the life of a machine', (fixture) => describeMachineLife(api, fixture))
  group('a machine that was saved', (fixture) => describeSavedState(api, fixture))
  group('the host', (fixture) => describeHostSide(api, fixture))
})
