/** Opens the provider in a process of its own; loaded by the contract suite. The host's options come by the environment. */
import { dockerProviderFactory } from '../../../../src/plugins/providers/docker/provider.ts'
import type { Provider } from '../../../../src/sdk/provider.ts'

/** Has `open` take these options of a docker host, in this process and its children. */
export function useOptions(options: Readonly<Record<string, unknown>>): void {
  process.env['RINGZERO_TEST_ENGINE'] = JSON.stringify(options)
}

export async function open(stateFolder: string): Promise<Provider> {
  const options = process.env['RINGZERO_TEST_ENGINE']
  if (options === undefined) throw new Error('RINGZERO_TEST_ENGINE names no engine')
  return await dockerProviderFactory.open({
    name: 'here',
    options: JSON.parse(options) as Record<string, unknown>,
    stateFolder,
    secret: () => '',
  })
}
