/**
 * Opens the provider on the host of a test (`standInHost`), where machines are made and destroyed and none runs; loaded by processes
 * that are killed, too.
 */
import { hyperVProviderFactory } from '../../../../src/plugins/providers/hyper-v/hyper-v-provider.ts'
import type { Provider } from '../../../../src/sdk/provider.ts'
import { powerShellHost } from '../../../stand-ins/powershell-host/powershell-host.ts'

export async function open(stateFolder: string): Promise<Provider> {
  return await hyperVProviderFactory.open({
    name: 'h',
    options: { powerShell: await powerShellHost(), minimumFreeGiB: 1 },
    stateFolder,
    secret: () => 'of the guest',
  })
}
