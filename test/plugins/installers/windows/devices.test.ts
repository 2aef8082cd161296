/** Which devices run a driver package, asked by the shipped script in the real PowerShell engine on a described Windows. */
import { describe, expect, it, vi } from 'vitest'
import { windowsGuestOs } from '../../../../src/plugins/guests/windows/windows-guest-os.ts'
import { verifyDevices } from '../../../../src/plugins/installers/windows/driver-devices.ts'
import { powerShellGuest } from '../../../stand-ins/powershell-guest.ts'
import { testContext } from '../../../stand-ins/local-guest.ts'
import { notOnWindows } from '../../../windows-host/not-on-windows.ts'

const described = notOnWindows('a Windows that a file describes, in the engine of Linux')

vi.setConfig({ testTimeout: 300_000 })

const NET = '{4d36e972-e325-11ce-bfc1-08002be10318}'
const CARD = 'PCI\\VEN_1234&DEV_0002\\3&1'
const models = { ids: ['pci\\ven_1234&dev_0002'], passedOver: [] as string[] }
const none = { ids: [], passedOver: [] as string[] }
const inf = { classGuid: NET, models: { 1: models, 2: models, 3: models } }

interface Entity {
  readonly Present?: boolean
  readonly ClassGuid?: string
  readonly ConfigManagerErrorCode?: number
  readonly HardwareID?: readonly string[] | null
}

/** What is said of oem7.inf where the card runs `driver`: subject without its beginning, whether it holds, what was seen. */
async function seen(driver: string, entity: Entity = {}, facts: typeof inf = inf): Promise<string[]> {
  const card = {
    DeviceID: CARD,
    ClassGuid: NET.toUpperCase(),
    ConfigManagerErrorCode: 0,
    Present: true,
    HardwareID: ['PCI\\VEN_1234&DEV_0002&SUBSYS_1', 'PCI\\VEN_1234&DEV_0002'],
    CompatibleID: ['PCI\\VEN_1234'],
    ...entity,
  }
  const keyboard = { DeviceID: 'ACPI\\PNP0303', ConfigManagerErrorCode: 0, Present: true, HardwareID: null }
  const cim = {
    Win32_OperatingSystem: [{ ProductType: 3 }],
    Win32_PnPSignedDriver: [
      { DeviceID: CARD, InfName: driver },
      { DeviceID: null, InfName: null },
    ],
    Win32_PnPEntity: [card, keyboard],
  }
  const guest = await powerShellGuest(JSON.stringify({ cim }))
  const target = { guest, os: windowsGuestOs, secret: (name: string) => name }
  const found = await verifyDevices('acme.inf', facts, ['oem7.inf'], target, testContext(200))
  return found.map(
    ({ subject, holds, severity, seen: was }) =>
      `${subject.replace('installed:driver-', '').split(':')[0]} ${holds ? 'holds' : severity}: ${was}`,
  )
}

describe('a driver package', described, () => {
  it('runs on the device that its INF names, in its class', async () => {
    expect(await seen('OEM7.inf')).toEqual([
      'device holds: runs OEM7.inf, problem code 0',
      `class holds: class ${NET}`,
    ])
  })

  it('is not applied while its device runs another driver, none, or has a problem', async () => {
    expect(await seen('netvsc.inf')).toEqual(['device fail: runs netvsc.inf, problem code 0'])
    expect(await seen('', { ConfigManagerErrorCode: 28 })).toEqual([
      'device fail: runs no driver, problem code 28',
    ])
    expect((await seen('oem7.inf', { ConfigManagerErrorCode: 39 }))[0]).toBe(
      'device fail: runs oem7.inf, problem code 39',
    )
  })

  it('is not applied when its device is in another class', async () => {
    expect((await seen('oem7.inf', { ClassGuid: '{0}' }))[1]).toBe('class fail: class {0}')
  })

  it('was never run where no device has its ids, which is a warning; devices that were taken out do not count', async () => {
    const warning =
      'device warn: no device of this machine has a hardware id of the package: its driver was never run here'
    expect(await seen('other.inf', { HardwareID: ['PCI\\VEN_9999&DEV_0001'] })).toEqual([warning])
    expect(await seen('oem7.inf', { Present: false })).toEqual([warning])
  })

  it('counts by the ids that are for this sort of Windows, and says what it did not look at', async () => {
    const workstation = { ids: [], passedOver: ['[Acme.NTamd64...1]: for a workstation alone'] }
    expect(await seen('netvsc.inf', {}, { ...inf, models: { 1: models, 2: none, 3: workstation } })).toEqual([
      'device warn: not looked at: the INF has no models for this Windows ([Acme.NTamd64...1]: for a workstation alone)',
    ])
    expect(await seen('netvsc.inf', {}, { ...inf, models: { 1: workstation, 2: none, 3: models } })).toEqual([
      'device fail: runs netvsc.inf, problem code 0',
    ])
  })

  it('of a filter or an extension has no device of its own, so nothing is said', async () => {
    expect(await seen('other.inf', {}, { ...inf, models: { 1: none, 2: none, 3: none } })).toEqual([])
    expect(
      await seen('other.inf', {}, { ...inf, classGuid: '{e2f84ce7-8efa-411c-aa69-97454ca4cb57}' }),
    ).toEqual([])
  })
})
