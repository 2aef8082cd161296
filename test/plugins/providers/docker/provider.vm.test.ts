import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { describeProviderContract } from '../../../../src/sdk/testing/index.ts'
import { LINUX_MICRO_PHRASES, linuxMicro } from '../../../stand-ins/linux-micro.ts'
import { engineMissing, loadRunnerImage, startEngine, type ContainerEngine } from './container-engine.ts'
import { open } from './open-provider.ts'

const missing = await engineMissing('dockerd')
if (missing !== undefined) console.log(`NOT TESTED HERE: ${missing}`)
let engine: ContainerEngine

describe.skipIf(missing !== undefined)('machines in containers of dockerd', () => {
  beforeAll(async () => {
    engine = await startEngine('dockerd')
    await loadRunnerImage(engine)
    process.env['RINGZERO_TEST_ENGINE'] = engine.url
  })
  afterAll(async () => await engine.close())

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
})
