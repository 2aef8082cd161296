/** The provider contract as every engine must keep it; the options of the host are set by `useOptions` before. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { describeProviderContract } from '../../../../src/sdk/testing/index.ts'
import { LINUX_MICRO_PHRASES, linuxMicro } from '../../../stand-ins/linux-micro.ts'
import { open } from './open-provider.ts'

export function describeDockerContract(): void {
  describeProviderContract(
    { describe, it, beforeAll, afterAll },
    {
      provider: 'docker',
      open,
      source: async () => await linuxMicro('cloud'),
      profile: { cpu: { count: 1 }, memoryMiB: 256 },
      guest: LINUX_MICRO_PHRASES,
      bootMs: 120_000,
      refused: { generation: 2 },
      brokenSource: {
        sha256: '0'.repeat(64),
        os: 'linux',
        disk: '/nonexistent/disk.qcow2',
        diskFormat: 'qcow2',
      },
      creatorModule: fileURLToPath(new URL('open-provider.ts', import.meta.url)),
    },
  )
}
