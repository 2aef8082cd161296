/** Opens the provider in a process of its own; loaded by the contract suite. */
import { qemuProviderFactory } from '../../../../src/plugins/providers/qemu/provider.ts'
import type { Provider } from '../../../../src/sdk/provider.ts'

export async function open(stateFolder: string): Promise<Provider> {
  return await qemuProviderFactory.open({ name: 'here', options: {}, stateFolder, secret: () => '' })
}
