/**
 * The contract of `sdk/provider.ts` and `sdk/channel.ts` as tests. A provider's author runs it with his test runner:
 *
 *     import * as vitest from 'vitest'
 *     import { describeProviderContract } from 'ringzero/sdk/testing'
 *     describeProviderContract(vitest, { provider: 'mine', open, source, profile, guest, … })
 *
 * It boots about a dozen real machines, one at a time.
 */
import { ContractFixture, type ProviderContractOptions } from './contract-fixture.ts'
import { describeChannel } from './channel-contract.ts'
import { describeHostSide } from './provider-host-contract.ts'
import { describeMachineLife } from './machine-life-contract.ts'
import { describeOffMachine } from './off-machine-contract.ts'
import { describeSavedState } from './saved-state-contract.ts'
import type { TestApi } from './test-api.ts'

/** Declares all tests; each group makes its own machine and destroys it. */
export function describeProviderContract(api: TestApi, options: ProviderContractOptions): void {
  const group = (name: string, body: (fixture: ContractFixture) => void): void => {
    api.describe(`provider ${options.provider}: ${name}`, () => {
      const fixture = new ContractFixture(options)
      api.beforeAll(async () => await fixture.open(), options.bootMs * 2)
      api.afterAll(async () => await fixture.close(), options.bootMs)
      body(fixture)
    })
  }
  group('the channel', (fixture) => describeChannel(api, fixture))
  group('the life of a machine', (fixture) => describeMachineLife(api, fixture))
  group('a machine that is off', (fixture) => describeOffMachine(api, fixture))
  group('a machine that was saved', (fixture) => describeSavedState(api, fixture))
  group('the host', (fixture) => describeHostSide(api, fixture))
}
