/** The second public door: what a plugin's author imports as `ringzero/sdk/testing`. */
export { describeCheckContract, type CheckContractOptions } from './check-contract.ts'
export type { ProviderContractOptions } from './contract-fixture.ts'
export type { GuestPhrases } from './guest-phrases.ts'
export { describeProviderContract } from './provider-contract.ts'
export type { TestApi } from './test-api.ts'
