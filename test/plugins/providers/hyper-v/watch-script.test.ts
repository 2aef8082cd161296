/** watch.ps1 in the real engine: what a guest publishes comes through as it is, whatever it wrote. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { standInHost, type StandInHost } from './stand-in-host.ts'

let host: StandInHost
let id: string

beforeAll(async () => {
  host = await standInHost()
  id = (await host.create({})).id
}, 300_000)
afterAll(() => host.close())

async function look(
  published: Readonly<Record<string, string>> | undefined,
  heartbeat: string,
): Promise<unknown> {
  await host.put(id, 'runtime.json', {
    WorkerPid: process.pid,
    StartedAt: '2026-01-01T00:00:00Z',
    Heartbeat: heartbeat,
  })
  if (published !== undefined) await host.put(id, 'exchange.json', published)
  const seen = (await host.script('watch', { ids: [id], bookmarks: {} })) as {
    readonly machines: readonly unknown[]
  }
  return seen.machines[0]
}

describe('a look at a machine', () => {
  it('finds nothing published where nothing is', async () => {
    expect(await look(undefined, 'OkApplicationsUnknown')).toMatchObject({
      state: 'Running',
      nonce: null,
      setup: null,
    })
  })

  it('brings the nonce and the state of setup, and nothing else of what is published', async () => {
    const hostile = `rz-1/a"'\`$(x);<&>]]>\u202e`
    const published = {
      Other: 'x',
      RingzeroBoot: hostile,
      RingzeroSetup: 'OOBEInProgress IMAGE_STATE_COMPLETE',
      ringzeroboot: 'y',
    }
    expect(await look(published, 'OkApplicationsUnknown')).toEqual({
      id,
      state: 'Running',
      heartbeat: 'OkApplicationsUnknown',
      nonce: hostile,
      setup: 'OOBEInProgress IMAGE_STATE_COMPLETE',
    })
  })

  it('does not read what is left of a guest without a heartbeat', async () => {
    expect(await look({ RingzeroBoot: 'rz-1/a' }, 'LostCommunication')).toMatchObject({
      nonce: null,
      setup: null,
    })
  })
})
