/** Opens the provider in a process of its own; loaded by the contract suite. The engine comes by the environment. */
import { dockerProviderFactory } from '../../../../src/plugins/providers/docker/provider.ts'
import type { Provider } from '../../../../src/sdk/provider.ts'

export async function open(stateFolder: string): Promise<Provider> {
  const engine = process.env['RINGZERO_TEST_ENGINE']
  if (engine === undefined) throw new Error('RINGZERO_TEST_ENGINE names no engine')
  return await dockerProviderFactory.open({
    name: 'here',
    options: { engine },
    stateFolder,
    secret: () => '',
  })
}
