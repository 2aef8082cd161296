/** The provider's contract: the real scripts in the real PowerShell engine, on a Hyper-V whose machines are QEMU's. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { describeProviderContract } from '../../../../src/sdk/testing/index.ts'
import { LINUX_MICRO_PHRASES } from '../../../stand-ins/linux-micro.ts'
import { open, standInSource } from './open-provider.ts'

describeProviderContract(
  { describe, it, beforeAll, afterAll },
  {
    provider: 'hyper-v',
    open,
    source: standInSource,
    profile: { cpu: { count: 1 }, memoryMiB: 256 },
    guest: LINUX_MICRO_PHRASES,
    bootMs: 180_000,
    refused: { machineType: 'q35' },
    brokenSource: {
      sha256: '0'.repeat(64),
      os: 'windows',
      disk: '/nonexistent/disk.vhdx',
      diskFormat: 'vhdx',
    },
    creatorModule: fileURLToPath(new URL('open-provider.ts', import.meta.url)),
  },
)
