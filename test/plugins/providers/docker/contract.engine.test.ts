import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineMissing, loadRunnerImage, type ContainerEngine } from './container-engine.ts'
import { describeDockerContract } from './docker-contract.ts'
import { forbidBindMounts, startTlsEngine, type EnginePolicy } from './engine-access.ts'
import { useOptions } from './open-provider.ts'

/** The whole contract, for `npx vitest run --project engines`; .ci/run proves each way to an engine by one life (engines.vm.test.ts). */
const missing = await engineMissing('dockerd')
if (missing !== undefined) console.log(`NOT TESTED HERE: ${missing}`)
let folder: string
let engine: ContainerEngine
let policy: EnginePolicy

describe.skipIf(missing !== undefined)(
  'machines of an engine that sees no file of this computer, over TLS',
  () => {
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'rz-remote-'))
      policy = await forbidBindMounts()
      const reached = await startTlsEngine(join(folder, 'certificates'), policy.listen)
      engine = reached.engine
      await loadRunnerImage(engine)
      useOptions({ engine: `tcp://127.0.0.1:${reached.port}`, certificates: reached.certificates })
    })
    afterAll(async () => {
      await engine.close()
      await policy.close()
      await rm(folder, { recursive: true, force: true })
    })

    describeDockerContract()

    it('asked for a file of this computer only to find out where the engine is, and left nothing but sealed disks', async () => {
      expect(policy.refused.filter((path) => !path.includes('engine-probe-'))).toEqual([])
      expect(policy.refused).not.toEqual([])
      expect(await engine.client.listContainers({ all: true })).toEqual([])
      const { Volumes: volumes } = await engine.client.listVolumes()
      expect(volumes.map(({ Name: name }) => name.slice(0, 15))).toEqual(volumes.map(() => 'ringzero-layer-'))
    })
  },
)
