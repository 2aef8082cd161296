/** create.ps1, seal.ps1 and power.ps1 in the real engine: exactly what a host is asked for each profile, and what it keeps of it. */
import { access, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { standInHost, type StandInHost } from '../../../stand-ins/stand-in-host.ts'

const MIB = 1024 ** 2
let host: StandInHost

beforeAll(async () => {
  host = await standInHost()
}, 300_000)
beforeEach(() => host.calls())
afterAll(() => host.close())

/** The calls of one profile without what all profiles have in common. */
async function callsOf(profile: Parameters<StandInHost['create']>[0]): Promise<readonly string[]> {
  await host.create(profile)
  const calls = await host.calls()
  return calls
    .map((call) => call.replace(/-VM rz-test-\d+ ?/, '').trim())
    .filter((call) => !/^(?:New-VM|Set-VM|Set-VMComPort|Set-VMVideo|Enable-VMIntegrationService) /.test(call))
    .map((call) => call.replace(/rz-test-\d+/, 'SWITCH'))
}

describe('a machine that is made', () => {
  it('is never started or saved by its host, and is not taken apart by its checkpoints', async () => {
    const { id, parameters } = await host.create({})
    const calls = await host.calls()
    expect(calls[0]).toMatch(/^New-VM /)
    // The mark by which a sweep finds it comes first.
    expect(calls[1]).toMatch(/^Set-VM .*-Notes \{"ringzero":1/)
    expect((await host.machine(id)).Settings).toMatchObject({
      AutomaticStartAction: 'Nothing',
      AutomaticStopAction: 'TurnOff',
      AutomaticCriticalErrorAction: 'None',
      CheckpointType: 'Standard',
      AutomaticCheckpointsEnabled: 'False',
      GuestServiceInterface: 'True',
      ResolutionType: 'Single',
    })
    expect(await host.machine(id)).toMatchObject({ Notes: parameters['notes'], ComPath: parameters['pipe'] })
  })

  it.each(['New-VHD', 'New-VM'])(
    'when a file that %s needs is in use for a moment, is made after it',
    async (name) => {
      await host.wish(`in-use-${name}`)
      const { id } = await host.create({})
      expect(await host.machines()).toContain(id)
    },
  )

  it('has the configuration version that was asked for, and the host’s own where nothing was', async () => {
    const versionOf = async (configurationVersion?: string): Promise<string | undefined> => {
      await host.create(configurationVersion === undefined ? {} : { configurationVersion })
      const made = (await host.calls()).find((call) => call.startsWith('New-VM'))
      return / -Version (\S+)/.exec(made ?? '')?.[1]
    }
    expect(await versionOf('8.0')).toBe('8.0')
    expect(await versionOf()).toBeUndefined()
    await expect(versionOf('12.0')).rejects.toThrow('12.0 is not supported')
  })

  it('of generation 2 with secure boot and a TPM gets its key protector before its TPM, both after the firmware', async () => {
    expect(
      await callsOf({ generation: 2, firmware: 'uefi-secure-boot', tpm: '2.0', network: { access: 'none' } }),
    ).toEqual([
      'Set-VMProcessor -Count 1',
      'Set-VMMemory -DynamicMemoryEnabled False -StartupBytes 2147483648',
      'Set-VMFirmware -EnableSecureBoot On -SecureBootTemplate MicrosoftWindows',
      'Set-VMFirmware -FirstBootDevice SCSI disk',
      'Set-VMKeyProtector -NewLocalKeyProtector True',
      'Enable-VMTPM',
    ])
  })

  it('of generation 2 without secure boot says so: Hyper-V’s own default is on', async () => {
    expect(await callsOf({ generation: 2, firmware: 'uefi', network: { access: 'none' } })).toContain(
      'Set-VMFirmware -EnableSecureBoot Off',
    )
  })

  it('of generation 1 starts from its IDE disk and is never asked for firmware, key protector or TPM', async () => {
    const { id } = await host.create({ generation: 1, network: { model: 'legacy' } })
    const calls = (await host.calls()).join('\n')
    expect(calls).toContain('-StartupOrder IDE,CD,LegacyNetworkAdapter,Floppy')
    expect(calls).toContain('-IsLegacy True')
    expect(calls).not.toMatch(/VMFirmware|VMKeyProtector|VMTPM/)
    expect(await host.machine(id)).toMatchObject({ Generation: 1 })
  })

  it('gets its NUMA nodes, dynamic memory, nested virtualisation and MAC spoofing as asked', async () => {
    expect(
      await callsOf({ cpu: { count: 4 }, memoryMiB: 4096, numaNodes: 2, network: { access: 'none' } }),
    ).toEqual(
      expect.arrayContaining([
        'Set-VMProcessor -Count 4 -MaximumCountPerNumaNode 2',
        `Set-VMMemory -MaximumAmountPerNumaNodeBytes ${2048 * MIB}`,
      ]),
    )
    expect(
      await callsOf({ dynamicMemory: { minimumMiB: 512, maximumMiB: 8192 }, network: { access: 'none' } }),
    ).toContain(
      `Set-VMMemory -DynamicMemoryEnabled True -MaximumBytes ${8192 * MIB} -MinimumBytes ${512 * MIB} -StartupBytes ${2048 * MIB}`,
    )
    const nested = await callsOf({ nestedVirtualization: true, network: { macSpoofing: true } })
    expect(nested).toEqual(
      expect.arrayContaining([
        'Set-VMProcessor -Count 1 -ExposeVirtualizationExtensions True',
        'Add-VMNetworkAdapter -IsLegacy False -Name ringzero -SwitchName SWITCH',
        'Set-VMNetworkAdapter -MacAddressSpoofing On -VMNetworkAdapter network adapter',
      ]),
    )
    expect(nested).toContain('Set-VMMemory -DynamicMemoryEnabled False -StartupBytes 2147483648')
  })

  it('is gone, with its disk and its switch, when the host refuses a part of it', async () => {
    const before = await host.machines()
    const switches = async (): Promise<unknown> =>
      ((await host.script('inspect-host', { folder: host.folder })) as Record<string, unknown>)['switches']
    const switchesBefore = await switches()
    const refused = [
      // Refused at plan time; the host refuses it as well.
      host.create({ generation: 2, network: { model: 'legacy' } }),
      host.create({ memoryMiB: 2047 }),
    ]
    for (const one of refused)
      await expect(one).rejects.toMatchObject({ code: 'HOST_HYPER_V', fault: 'host' })
    expect(await host.machines()).toEqual(before)
    expect(await switches()).toEqual(switchesBefore)
  })
})

describe('the disk of a machine', () => {
  it('is sealed: read-only at its place, on the same parent, and no longer the machine’s', async () => {
    const { id, parameters } = await host.create({})
    const destination = join(host.folder, 'sealed', 'layer.vhdx')
    const parent = String(parameters['parent'])
    expect((await stat(parent)).mode & 0o222).toBe(0)
    await host.script('seal', { ...parameters, destination })
    expect((await stat(destination)).mode & 0o222).toBe(0)
    expect((await readFile(destination)).includes(Buffer.from(parent))).toBe(true)
    await expect(access(String(parameters['disk']))).rejects.toThrow('ENOENT')
    expect((await host.machine(id))['Disk']).toBeFalsy()
    await host.script('destroy', parameters)
    expect((await stat(destination)).size).toBeGreaterThan(0)
    expect(await host.machines()).not.toContain(id)
  })

  it('is not sealed under a machine that runs, nor under a checkpoint, nor for somebody else’s machine', async () => {
    const { id, parameters } = await host.create({})
    const destination = join(host.folder, 'sealed', 'never.vhdx')
    const seal = (changed = {}): Promise<unknown> =>
      host.script('seal', { ...parameters, destination, ...changed })
    await expect(seal({ notes: '{}' })).rejects.toMatchObject({ code: 'HOST_NOT_OURS' })
    await host.put(id, 'machine.json', { ...(await host.machine(id)), Snapshots: ['settled'] })
    await expect(seal()).rejects.toMatchObject({ code: 'HOST_HAS_CHECKPOINTS' })
    await host.put(id, 'machine.json', { ...(await host.machine(id)), Snapshots: [] })
    await host.put(id, 'runtime.json', { WorkerPid: process.pid, StartedAt: '2026-01-01T00:00:00Z' })
    await expect(seal()).rejects.toMatchObject({ code: 'HOST_STILL_RUNNING' })
    await expect(access(destination)).rejects.toThrow('ENOENT')
    expect((await host.machine(id))['Disk']).toBe(parameters['disk'])
  })
})
