/** What is decided before a machine exists: refusals, parameters, notes, the host's findings. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MachineFragment, MachineProfile } from '../../../../src/model/machine-profile.ts'
import type { MachineRef } from '../../../../src/model/machine-ref.ts'
import { reportHost, type HostInspection } from '../../../../src/plugins/providers/hyper-v/host-report.ts'
import { parseHyperVOptions } from '../../../../src/plugins/providers/hyper-v/hyper-v-options.ts'
import {
  createParameters,
  machineNotes,
  readNotes,
  refuseFolder,
  serialPipe,
} from '../../../../src/plugins/providers/hyper-v/machine-plan.ts'
import { refuseProfile } from '../../../../src/plugins/providers/hyper-v/refuse-profile.ts'

const options = parseHyperVOptions('h', {})
const host: HostInspection = {
  powerShell: '5.1',
  operatingSystem: 'Windows',
  processors: 8,
  windows: true,
  module: true,
  elevated: true,
  hyperVAdministrator: false,
  service: 'Running',
  freeBytes: 100 * 1024 ** 3,
  direct: true,
  unreadableLogs: [],
  build: '26100.7171',
  server: false,
  hypervisor: true,
  freeMemoryBytes: 8 * 1024 ** 3,
  newDiskPolicy: 'OnlineAll',
  host: {
    name: 'H',
    logicalProcessors: 8,
    memoryBytes: 16 * 1024 ** 3,
    diskFolder: null,
    configurationVersions: [],
  },
  switches: [{ name: 'Default Switch', type: 'Internal' }],
}
const ref: MachineRef = {
  provider: 'hyper-v',
  host: 'h',
  run: 'r',
  cell: 'c',
  arm: 'candidate',
  attempt: 1,
  name: 'rz-r-c',
  details: {},
}

function parameters(
  profile: Partial<MachineProfile>,
  allowNetwork = false,
): Readonly<Record<string, unknown>> {
  const whole: MachineProfile = { memoryMiB: 4096, ...profile, cpu: { count: 2, ...profile.cpu } }
  const source = { sha256: 'x', os: 'windows', disk: '/p.vhdx', diskFormat: 'vhdx' } as const
  const open = parseHyperVOptions('h', { openSwitch: 'Default Switch' })
  return createParameters({ ref, source, profile: whole, folder: '/m', allowNetwork }, open, 'win32')
}

describe('a profile', () => {
  it.each<[string, MachineFragment]>([
    ['cpu.model', { cpu: { model: 'EPYC' } }],
    ['cpu.features', { cpu: { features: ['+avx'] } }],
    ['64 processors', { generation: 1, cpu: { count: 65 } }],
    ['8 logical processors', { cpu: { count: 9 } }],
    ['NUMA nodes need as many processors', { cpu: { count: 1 }, numaNodes: 2 }],
    ['dynamic memory', { dynamicMemory: { minimumMiB: 512, maximumMiB: 1024 }, numaNodes: 1 }],
    ['static memory', { nestedVirtualization: true, dynamicMemory: { minimumMiB: 512, maximumMiB: 1024 } }],
    ['minimum is above', { dynamicMemory: { minimumMiB: 2048, maximumMiB: 1024 } }],
    ['between the minimum', { memoryMiB: 4096, dynamicMemory: { minimumMiB: 512, maximumMiB: 1024 } }],
    ['16384 MiB of memory', { memoryMiB: 32_768 }],
    ['even', { memoryMiB: 1025 }],
    ['for QEMU', { machineType: 'q35' }],
    ['generation 2', { generation: 1, firmware: 'uefi' }],
    ['Secure Boot need generation 2', { generation: 1, firmware: 'uefi-secure-boot' }],
    ['has no BIOS', { generation: 2, firmware: 'bios' }],
    ['TPM needs generation 2', { generation: 1, tpm: '2.0' }],
    ['firmware: uefi-secure-boot', { firmware: 'uefi', secureBootTemplate: 'MicrosoftWindows' }],
    ['clock cannot be chosen', { clock: '2030-01-01T00:00:00Z' }],
    ['on scsi, not on ide', { disk: { bus: 'ide' } }],
    ['on ide, not on scsi', { generation: 1, disk: { bus: 'scsi' } }],
    ['no virtio card', { network: { model: 'virtio' } }],
    ['no legacy network card', { network: { model: 'legacy' } }],
    ['without a card', { network: { model: 'none', access: 'isolated' } }],
    ['openSwitch', { network: { access: 'open' } }],
  ])('is refused with the reason: %s', (reason, profile) => {
    expect(refuseProfile(profile, 'windows', options, host).join('; ')).toContain(reason)
  })

  it.each([
    ['10.0', []],
    ['9.0', []],
    ['12.0', ['the host makes no machines of configuration version 12.0; it offers 8.0, 9.0, 10.0']],
    ['5.0', ['configuration version 5.0 has no PowerShell Direct, which needs 8.0']],
  ])('of configuration version %s is held against what the host offers', (configurationVersion, reasons) => {
    const offering = {
      ...host,
      host: { ...host.host!, configurationVersions: ['8.0', '9.0', '10.0'] },
    }
    expect(refuseProfile({ configurationVersion }, 'windows', options, offering)).toEqual(reasons)
  })

  it('is accepted where the host can give it', () => {
    const profiles: MachineFragment[] = [
      {},
      {
        generation: 2,
        firmware: 'uefi-secure-boot',
        tpm: '2.0',
        cpu: { count: 8 },
        numaNodes: 2,
        memoryMiB: 8192,
      },
      { generation: 1, firmware: 'bios', network: { model: 'legacy' }, disk: { bus: 'ide', sizeGiB: 64 } },
      {
        dynamicMemory: { minimumMiB: 512, maximumMiB: 8192 },
        memoryMiB: 2048,
        network: { macSpoofing: true },
      },
    ]
    for (const profile of profiles) expect(refuseProfile(profile, 'windows', options, host)).toEqual([])
    expect(refuseProfile({}, 'linux', options, host)).toHaveLength(1)
  })

  it('becomes the parameters of the script', () => {
    expect(
      parameters({ firmware: 'uefi-secure-boot', tpm: '2.0', numaNodes: 2, cpu: { count: 3 } }),
    ).toMatchObject({
      generation: 2,
      processors: 3,
      processorsPerNumaNode: 2,
      memoryBytes: 4096 * 1024 ** 2,
      memoryPerNumaNodeBytes: 2048 * 1024 ** 2,
      secureBootTemplate: 'MicrosoftWindows',
      tpm: true,
      dynamicMemory: null,
      parent: '/p.vhdx',
      pipe: '\\\\.\\pipe\\ringzero-rz-r-c',
    })
    expect(parameters({ firmware: 'bios' })).toMatchObject({ generation: 1, secureBootTemplate: null })
  })

  it('gives no way out of the machine unless both the cell and the lab want it', () => {
    const isolated = { legacy: false, macSpoofing: false, switch: null }
    expect(parameters({})['network']).toEqual(isolated)
    expect(parameters({ network: { access: 'open' } }, false)['network']).toEqual(isolated)
    expect(parameters({ network: { access: 'open' } }, true)['network']).toEqual({
      ...isolated,
      switch: 'Default Switch',
    })
    expect(parameters({ network: { access: 'none' } }, true)['network']).toBeNull()
    expect(parameters({ network: { model: 'none' } }, true)['network']).toBeNull()
  })
})

describe('the folder of a machine', () => {
  it('leaves room for the paths of a guest within what Windows PowerShell 5.1 takes', () => {
    const [short, long] = ['C:\\rz\\machines\\a', `C:\\${'x'.repeat(120)}`]
    expect(refuseFolder(short, 'win32')).toBeUndefined()
    expect(refuseFolder(long, 'win32')).toContain('has 123 characters')
    expect(refuseFolder(long, 'linux')).toBeUndefined()
    const log =
      'Windows\\System32\\winevt\\Logs\\Microsoft-Windows-Windows Firewall With Advanced Security%4ConnectionSecurity.evtx'
    expect(`${'x'.repeat(115)}\\mounted\\partition-4\\${log}`.length).toBeLessThan(260)
  })
})

describe('the mark of a machine', () => {
  it('comes back from the notes, and nobody else’s notes are taken for it', () => {
    const folder = 'C:\\a "b"\\c'
    expect(readNotes(machineNotes(ref, folder))).toEqual({ ref, folder })
    for (const notes of ['', 'my web server', '{}', '{"ringzero":2,"name":"x","folder":"y"}', '[]', 'null'])
      expect(readNotes(notes)).toBeUndefined()
    expect(serialPipe('n', '/m', 'linux')).toBe(join('/m', 'serial.sock'))
  })
})

describe('the host', () => {
  function missing(changed: Partial<HostInspection>): Record<string, string> {
    const { findings } = reportHost({ ...host, ...changed }, options)
    return Object.fromEntries(
      findings
        .filter(({ state }) => state === 'missing')
        .map(({ id, fix }) => [id, (fix ?? []).flat().join(' ')]),
    )
  }

  it('is fine when all is there', () => expect(missing({})).toEqual({}))

  it('tells a missing feature from missing rights, each with what fixes it', () => {
    const feature = missing({ module: false, host: null })
    expect(feature['hyper-v/feature']).toContain(
      'Enable-WindowsOptionalFeature -Online -FeatureName Microsoft-Hyper-V-All',
    )
    expect(feature['hyper-v/elevation']).toBeUndefined()
    const rights = missing({
      elevated: false,
      host: null,
      refusal: { id: 'x', category: 'PermissionDenied' },
    })
    expect(rights['hyper-v/elevation']).toContain('-Verb RunAs')
    expect(rights['hyper-v/feature']).toBeUndefined()
  })

  it('is a server whose feature is installed by the server’s own command', () => {
    const feature = missing({ module: false, host: null, server: true })['hyper-v/feature']
    expect(feature).toContain('Install-WindowsFeature -Name Hyper-V -IncludeManagementTools')
  })

  it('is not ready while its hypervisor does not run, although the feature is there', () => {
    const found = missing({ hypervisor: false })
    expect(Object.keys(found)).toEqual(['hyper-v/hypervisor'])
    expect(found['hyper-v/hypervisor']).toBe('bcdedit /set hypervisorlaunchtype auto')
    // What could not be asked is not "no".
    expect(missing({ hypervisor: null })).toEqual({})
  })

  it.each([
    ['hyper-v/september-2025', { build: '26100.6584' }, 'KB5066360'],
    ['hyper-v/september-2025', { build: '26200.6508' }, 'KB5066360'],
    ['hyper-v/memory', { freeMemoryBytes: 1024 ** 3 }, '1.0 GiB of memory are free now'],
  ])('is told of %s', (id, changed, part) => {
    const { findings } = reportHost({ ...host, ...changed }, options)
    expect(findings.find((finding) => finding.id === id)).toMatchObject({
      state: 'degraded',
      required: false,
      message: expect.stringContaining(part) as string,
    })
  })

  it.each([
    ['26100.6899', 'a build with the updates of October 2025'],
    ['20348.1', 'a build that the issue does not touch'],
  ])('is not told of September 2025 on %s, %s', (build) => {
    const { findings } = reportHost({ ...host, build }, options)
    expect(findings.map(({ id }) => id)).not.toContain('hyper-v/september-2025')
  })

  it.each([
    ['OnlineAll', 'new disks come online'],
    ['3', 'keeps new disks offline (OfflineAll)'],
    ['OfflineShared', 'keeps new disks offline (OfflineShared)'],
  ])('says what it does with new disks: %s', (newDiskPolicy, part) => {
    const { findings } = reportHost({ ...host, newDiskPolicy }, options)
    expect(findings.find(({ id }) => id === 'hyper-v/new-disks')?.message).toContain(part)
  })

  it('is not ready for a process that may make machines and not mount their disks', () => {
    const member = missing({ elevated: false, hyperVAdministrator: true })
    expect(Object.keys(member)).toEqual(['hyper-v/elevation'])
    expect(member['hyper-v/elevation']).toContain('-Verb RunAs')
  })

  it('is not ready where the log that tells of restarts and crashes cannot be read', () => {
    const unreadableLogs = [{ name: 'Microsoft-Windows-Hyper-V-Worker-Admin', reason: 'denied' }]
    expect(Object.keys(missing({ unreadableLogs }))).toEqual(['hyper-v/event-log'])
    const { findings } = reportHost({ ...host, unreadableLogs }, options)
    expect(findings.find(({ id }) => id === 'hyper-v/event-log')?.message).toContain('Worker-Admin (denied)')
  })

  it('tells a full disk and a service that does not answer', () => {
    expect(missing({ freeBytes: 1 })).toHaveProperty('hyper-v/disk')
    expect(missing({ host: null, service: 'Stopped' })['hyper-v/service']).toContain(
      'Start-Service -Name vmms',
    )
  })

  it('names the option of lab.yaml that is wrong', () => {
    for (const wrong of [{ sessions: 0 }, { powerShell: 5 }, { speling: 1 }])
      expect(() => parseHyperVOptions('h', wrong)).toThrow(/hosts\.h\.options/)
  })
})
