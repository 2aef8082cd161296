import { afterAll, beforeAll, describe } from 'vitest'
import { engineMissing, loadRunnerImage, startEngine, type ContainerEngine } from './container-engine.ts'
import { describeDockerContract } from './docker-contract.ts'
import { useOptions } from './open-provider.ts'

const missing = await engineMissing('dockerd')
if (missing !== undefined) console.log(`NOT TESTED HERE: ${missing}`)
let engine: ContainerEngine

describe.skipIf(missing !== undefined)('machines in containers of dockerd', () => {
  beforeAll(async () => {
    engine = await startEngine('dockerd')
    await loadRunnerImage(engine)
    useOptions({ engine: engine.url })
  })
  afterAll(async () => await engine.close())

  describeDockerContract()
})
