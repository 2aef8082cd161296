/** watch.ps1, thumbnail.ps1 and inspect-host.ps1 in the real engine: what a guest publishes, what the host's logs tell, a picture. */
import { appendFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { standInHost, type StandInHost } from '../../../stand-ins/stand-in-host.ts'

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

const WORKER = 'Microsoft-Windows-Hyper-V-Worker-Admin'

interface Logs {
  readonly [log: string]: {
    readonly bookmark: number
    readonly events: readonly { readonly record: number; readonly id: number }[]
  }
}

async function readLogs(bookmarks: Readonly<Record<string, number>>): Promise<Logs[string] | undefined> {
  const seen = (await host.script('watch', { ids: [id], bookmarks })) as { readonly logs: Logs }
  return seen.logs[WORKER]
}

function writeRecord(RecordId: number, Id: number): Promise<void> {
  const record = {
    LogName: WORKER,
    RecordId,
    Id,
    TimeCreated: '2026-01-01T00:00:00Z',
    Machine: id,
    MachineName: 'vm',
  }
  return appendFile(join(host.folder, 'stand-in', `${WORKER}.jsonl`), `${JSON.stringify(record)}\n`)
}

describe('the logs of the host', () => {
  it('are followed from where they end at the first look, also where they are empty', async () => {
    expect(await readLogs({})).toEqual({ bookmark: 0, events: [] })
    await writeRecord(1, 18601)
    expect(await readLogs({})).toEqual({ bookmark: 1, events: [] })
    await writeRecord(2, 18514)
    expect(await readLogs({ [WORKER]: 1 })).toMatchObject({ bookmark: 2, events: [{ record: 2, id: 18514 }] })
    expect(await readLogs({ [WORKER]: 2 })).toEqual({ bookmark: 2, events: [] })
  })

  it('are read from their beginning when they were cleared', async () => {
    await rm(join(host.folder, 'stand-in', `${WORKER}.jsonl`))
    expect(await readLogs({ [WORKER]: 40 })).toEqual({ bookmark: 0, events: [] })
    await writeRecord(1, 18590)
    expect(await readLogs({ [WORKER]: 40 })).toMatchObject({
      bookmark: 1,
      events: [{ record: 1, id: 18590 }],
    })
  })

  it('that cannot be read are an error of the look, never silence, and a finding of the host', async () => {
    const unreadable = async (): Promise<unknown> =>
      ((await host.script('inspect-host', { folder: host.folder })) as Record<string, unknown>)[
        'unreadableLogs'
      ]
    expect(await unreadable()).toEqual([])
    await host.wish(`${WORKER}.unreadable`)
    await expect(readLogs({ [WORKER]: 1 })).rejects.toMatchObject({ code: 'HOST_HYPER_V', fault: 'host' })
    expect(await unreadable()).toEqual([{ name: WORKER, reason: expect.stringContaining(WORKER) as string }])
    await host.wish(`${WORKER}.unreadable`, false)
  })
})

describe('a look at the host', () => {
  it('asks what it is, whether its hypervisor runs, what memory is free now, and what it does with new disks', async () => {
    const inspect = (): Promise<unknown> => host.script('inspect-host', { folder: host.folder })
    expect(await inspect()).toMatchObject({
      server: true,
      hypervisor: true,
      freeMemoryBytes: 4 * 1024 ** 3,
      newDiskPolicy: 'OnlineAll',
      host: { configurationVersions: ['8.0', '9.0', '10.0'] },
    })
    await host.wish('no-hypervisor')
    await host.wish('new-disks-stay-offline')
    expect(await inspect()).toMatchObject({ hypervisor: false, newDiskPolicy: 'OfflineAll' })
    await host.wish('no-hypervisor', false)
    await host.wish('new-disks-stay-offline', false)
  })
})

describe('a picture of the screen', () => {
  it('is asked for again when the host began a job for it', async () => {
    const machine = await host.create({})
    const painted = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8])
    await host.put(machine.id, 'runtime.json', { WorkerPid: process.pid, StartedAt: '2026-01-01T00:00:00Z' })
    await host.put(machine.id, 'paints-slowly', '')
    await writeFile(join(host.folder, 'stand-in', 'machines', machine.id, 'painted'), painted)
    const size = { width: 2, height: 2 }
    expect(await host.script('thumbnail', { ...machine.parameters, ...size })).toBe(
      painted.toString('base64'),
    )
  })
})
