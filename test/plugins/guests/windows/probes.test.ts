/** The probes as they ship, run by the real PowerShell engine against a described Windows. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { packageRoot } from '../../../../src/kit/assets.ts'
import { windowsGuestOs } from '../../../../src/plugins/guests/windows/windows-guest-os.ts'
import { windowsGuest } from '../../../../src/plugins/guests/windows/windows-guest.ts'
import type { Channel } from '../../../../src/sdk/channel.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'
import { powerShellGuest } from '../../../stand-ins/powershell-guest.ts'
import { notOnWindows } from '../../../windows-host/not-on-windows.ts'

const onLinux = notOnWindows('a Windows that a file describes, in the engine of Linux')

const folder = join(packageRoot, 'fixtures/guest/windows')
let guest: Channel

// Each question starts the engine anew, which takes seconds on a busy computer.
vi.setConfig({ testTimeout: 300_000 })

beforeAll(async () => {
  guest = await powerShellGuest(await readFile(join(folder, 'client-24h2.json'), 'utf8'))
}, 300_000)

describe('a described German Windows 11 client, asked by the shipped scripts', onLinux, () => {
  it('says which start this is and what waits for the next one', async () => {
    expect(await windowsGuestOs.boot(guest, testContext(200))).toEqual({
      bootId: '7-134396352050000000',
      bootCount: 7,
      uptimeSeconds: 600,
      mode: 'normal',
      finished: true,
      kernel: '10.0.26100',
      build: '26100.4652',
      pendingRestart: ['servicing: restart pending', 'file: \\??\\C:\\Acme\\old.dll'],
    })
  })

  it('tells a failed service from one that waits for a trigger', async () => {
    const services = await windowsGuestOs.services(guest, testContext(200))
    expect(services).toContainEqual({ name: 'Acme Sensor', state: 'failed', wanted: true, restarts: 1 })
    expect(services).toContainEqual({ name: 'gpsvc', state: 'stopped', wanted: false, restarts: 0 })
    expect(services).toContainEqual({ name: 'edgeupdate', state: 'stopped', wanted: false, restarts: 0 })
    expect(services).toContainEqual({ name: 'BITS', state: 'stopped', wanted: false, restarts: 0 })
  })

  it('lists only drivers that run', async () => {
    const drivers = await windowsGuestOs.drivers(guest, testContext(200))
    expect([...drivers.keys()]).toEqual(['WdFilter', 'acmeflt'])
    expect(drivers.get('acmeflt')?.['path']).toBe('C:\\Windows\\system32\\drivers\\acmeflt.sys')
  })

  it('shows the hardware in the words of the machine profile', async () => {
    expect(await windowsGuestOs.profile(guest, testContext(200))).toEqual({
      'cpu.count': '2',
      memoryMiB: '4096',
      'disk.bus': 'scsi',
      'disk.sizeGiB': '64',
      firmware: 'uefi-secure-boot',
      generation: '2',
      tpm: '2.0',
      'network.model': 'synthetic',
    })
  })

  it('reports one crash for the two events that speak of it', async () => {
    expect(await windowsGuestOs.crashes(guest, testContext(200))).toMatchObject([
      { title: 'PAGE_FAULT_IN_NONPAGED_AREA', code: '0x00000050', path: 'C:\\Windows\\MEMORY.DMP' },
    ])
  })

  it('reads each channel from its bookmark on, and passes over channels that a build has not', async () => {
    const first = await windowsGuestOs.events(undefined, guest, testContext(200))
    expect(first.entries).toMatchObject([
      {
        level: 'error',
        provider: 'Service Control Manager',
        eventId: '7000',
        message: 'service did not start: param1=acmeflt; param2=%%5',
        count: 2,
      },
    ])
    expect(JSON.parse(first.bookmark)).toEqual({ System: 104, Application: 0 })
    const { records } = await windowsGuest.eventRecords('{"System":102}', guest, testContext(200))
    expect(records.map(({ recordId, eventId }) => `${recordId} ${eventId}`)).toEqual(['103 7026', '104 7000'])
    const cleared = await windowsGuest.eventRecords('{"System":9000}', guest, testContext(200))
    expect(cleared.records).toHaveLength(3)
  })

  it('reads on past events that are no XML, and says so', async () => {
    const described = JSON.parse(await readFile(join(folder, 'client-24h2.json'), 'utf8')) as {
      logs: Record<string, unknown[]>
    }
    const event = (recordId: number, text: string, more: object = {}): object => ({
      ProviderName: 'Acme',
      Id: 5,
      Level: 2,
      RecordId: recordId,
      text: '',
      xml: `<Event><EventData><Data Name="a">${text}</Data></EventData></Event>`,
      ...more,
    })
    const broken = { xml: '<Event><EventData>a & b', broken: false }
    described.logs['Application'] = [
      event(1, 'raw \u0001 and \ufffe and \u0000 end'),
      event(2, 'as &#x1; and &#31; and &#xfffe; and &#65;'),
      event(3, '', broken),
      event(4, 'Windows cannot hand it out', { broken: true }),
      event(5, 'whole \ud83d\ude00 &lt;'),
      event(6, 'the newest, too', { broken: true }),
    ]
    const dirty = await powerShellGuest(JSON.stringify(described))
    const { records, bookmark } = await windowsGuest.eventRecords(
      '{"Application":0,"System":104}',
      dirty,
      testContext(200),
    )
    expect(records.map(({ recordId, data }) => [recordId, ...data.map(([, value]) => value)])).toEqual([
      [1, 'raw \ufffd and \ufffd and \ufffd end'],
      [2, 'as \ufffd and \ufffd and \ufffd and A'],
      [3, '(the data of this event is no XML and was not read)'],
      [5, 'whole \ud83d\ude00 <'],
      [0],
    ])
    expect(records.at(-1)?.message).toContain('events of this channel that could not be read: 2; ')
    expect(JSON.parse(bookmark)).toEqual({ Application: 5, System: 104 })
  })

  it('does not take a Windows without programs for one whose programs start', async () => {
    expect(await windowsGuestOs.launch(guest, testContext(200))).toMatchObject({ ok: false })
  })

  it('lists filters with altitude, group and owner', async () => {
    const filters = await windowsGuest.minifilters(guest, testContext(200))
    expect(filters.map(({ name, altitude, instances }) => `${name} ${altitude} ${instances}`)).toEqual([
      'bindflt 409800 1',
      'WdFilter 328010 5',
      'acmeflt 328010 5',
    ])
    expect(filters[1]).toMatchObject({ group: 'FSFilter Anti-Virus', owners: ['Microsoft'] })
  })

  it('shows protection and how the kernel is guarded', async () => {
    expect(await windowsGuest.security(guest, testContext(200))).toMatchObject({
      products: [{ sort: 'antivirus', name: 'Windows Defender', state: 'on', upToDate: true }],
      defender: {
        mode: 'Normal',
        realTime: true,
        detections: [{ resources: ['file:_C:\\Acme\\sensor.dll'] }],
      },
    })
    expect(await windowsGuest.protection(guest, testContext(200))).toMatchObject({
      secureBoot: true,
      memoryIntegrity: true,
      testSigning: false,
      verifier: { flags: '0x209bb', drivers: ['acmeflt.sys'] },
    })
  })

  it('shows packages, programs, reports and network filters', async () => {
    expect(await windowsGuest.driverPackages(guest, testContext(200))).toEqual([
      { published: 'oem3.inf', original: 'acmeflt.inf', version: '7.11.0.0', provider: 'Acme' },
    ])
    const servicing = await windowsGuest.servicing(['Package_for_RollupFix'], guest, testContext(200))
    expect(servicing).toMatchObject({ build: '26100.4652', language: 'de-DE', pending: ['restart pending'] })
    expect(Object.values(servicing.packages)).toEqual(['Installed'])
    expect(await windowsGuest.programs(guest, testContext(200))).toMatchObject([{ version: '7.11.1' }])
    expect(await windowsGuest.reports(guest, testContext(200))).toMatchObject({
      reliability: { 'Application Error': 2 },
    })
    expect(await windowsGuest.networkFilters(guest, testContext(200))).toMatchObject({
      callouts: { '{1BEBC969-61A5-4732-A177-847A0817862A}': 1 },
    })
  })

  it('lists scheduled tasks of every folder, hidden ones, too, with what they start', async () => {
    expect(await windowsGuest.tasks(guest, testContext(200))).toEqual([
      { path: '\\Damaged', enabled: true, action: 'unreadable' },
      { path: '\\ringzero-publish-start', enabled: true, action: 'powershell.exe -File x' },
      { path: '\\Denied\\*', enabled: true, action: 'unreadable' },
      { path: "\\Acme\\Sub 'β'\\Update", enabled: false, action: '{A1B2}' },
    ])
  })

  it('sets the clock to an instant, and tells what it shows then', async () => {
    const at = Date.parse('2031-05-06T07:08:09Z')
    const shown = await windowsGuestOs.setClock?.(at, guest, testContext(200))
    expect(Math.abs((shown ?? 0) - at)).toBeLessThan(60_000)
  })

  it('measures load as a difference, hashes files and sends a byte over loopback', async () => {
    const { kernelMemoryMiB, handles } = await windowsGuestOs.resources(guest, testContext(200))
    expect({ kernelMemoryMiB, handles }).toEqual({ kernelMemoryMiB: 128, handles: 3400 })
    const { files } = await windowsGuestOs.files([folder], guest, testContext(200))
    expect([...files.keys()]).toContain(join(folder, 'client-24h2.json'))
    expect((await windowsGuestOs.network(guest, testContext(200))).loopback).toBe(true)
  })
})
