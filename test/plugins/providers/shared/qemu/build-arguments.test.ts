import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MachineProfile } from '../../../../../src/model/machine-profile.ts'
import {
  buildArguments,
  type ArgumentInput,
} from '../../../../../src/plugins/providers/shared/qemu/build-arguments.ts'

const BASE: ArgumentInput = {
  name: 'rz-test',
  profile: { cpu: { count: 1 }, memoryMiB: 256 },
  os: 'linux',
  accelerator: 'tcg',
  safe: false,
}
const argumentsFor = (profile: Partial<MachineProfile>, rest: Partial<ArgumentInput> = {}): string[] =>
  buildArguments({ ...BASE, ...rest, profile: { ...BASE.profile, ...profile } })
/** The values of an option, in order. */
const valuesOf = (argv: readonly string[], option: string): string[] =>
  argv.flatMap((word, index) => (word === option ? [argv[index + 1] ?? ''] : []))

describe('the argument list of a machine', () => {
  it('shuts everything off that nobody asked for', () => {
    const argv = argumentsFor({})
    expect(argv).toEqual(expect.arrayContaining(['-no-user-config', '-nodefaults', '-nic', 'none']))
    expect(valuesOf(argv, '-display')).toEqual(['none'])
    expect(valuesOf(argv, '-netdev')).toEqual([])
  })

  it.each([
    ['virtio', 'q35', ['virtio-blk-pci,']],
    ['ide', 'pc', ['ide-hd,bus=ide.0,']],
    ['sata', 'q35', ['ide-hd,bus=ide.0,']],
    ['nvme', 'q35', ['nvme,drive=disk0']],
    ['scsi', 'q35', ['virtio-scsi-pci,id=scsi0', 'scsi-hd,bus=scsi0.0,']],
  ] as const)('puts the disk on %s', (bus, machine, devices) => {
    const argv = argumentsFor({ disk: { bus } })
    expect(valuesOf(argv, '-machine')[0]).toMatch(new RegExp(`^${machine},`))
    for (const device of devices)
      expect(valuesOf(argv, '-device').some((value) => value.startsWith(device))).toBe(true)
  })

  it('gives the older chipset an AHCI card for SATA', () => {
    const devices = valuesOf(argumentsFor({ machineType: 'pc', disk: { bus: 'sata' } }), '-device')
    expect(devices).toContain('ich9-ahci,id=ahci0')
    expect(devices.some((value) => value.startsWith('ide-hd,bus=ahci0.0'))).toBe(true)
  })

  it('never shows an error of the host’s disk to the guest', () => {
    for (const bus of ['virtio', 'ide', 'sata', 'scsi'] as const)
      expect(argumentsFor({ disk: { bus } }).join(' ')).toContain('werror=stop,rerror=stop')
  })

  it('takes a Windows disk to SATA and its stop codes from Hyper-V’s interface, under KVM alone', () => {
    const kvm = argumentsFor({}, { os: 'windows', accelerator: 'kvm' })
    expect(kvm.some((word) => word.startsWith('ide-hd,bus=ide.0'))).toBe(true)
    expect(valuesOf(kvm, '-cpu')[0]).toContain('hv_crash=on')
    expect(valuesOf(argumentsFor({}, { os: 'windows' }), '-cpu')[0]).toBe('max')
  })

  it('switches CPU features on and off by name', () => {
    const argv = argumentsFor({ cpu: { model: 'Nehalem', count: 3, features: ['avx', '+aes', '-sse4.2'] } })
    expect(valuesOf(argv, '-cpu')).toEqual(['Nehalem,avx=on,aes=on,sse4.2=off'])
    expect(valuesOf(argv, '-smp')).toEqual(['3'])
  })

  it.each([
    ['isolated', 'on'],
    ['none', 'on'],
    ['open', 'off'],
  ] as const)('restricts a card with access %s: %s', (access, restrict) => {
    const argv = argumentsFor({ network: { model: 'e1000e', access } })
    expect(valuesOf(argv, '-netdev')).toEqual([`user,id=net0,restrict=${restrict}`])
    expect(valuesOf(argv, '-device')).toContain('e1000e,netdev=net0')
  })

  it('protects the variables of secure boot', () => {
    const argv = argumentsFor({ firmware: 'uefi-secure-boot' }, { firmwareCode: '/f/code, 1.fd' })
    expect(valuesOf(argv, '-machine')[0]).toBe(
      'q35,accel=tcg,smm=on,pflash0=firmware-code,pflash1=firmware-variables',
    )
    expect(valuesOf(argv, '-global')).toEqual(['driver=cfi.pflash01,property=secure,value=on'])
    expect(valuesOf(argv, '-blockdev').join(' ')).toContain('"filename":"/f/code, 1.fd"')
  })

  it('takes the safe command line, and ends at the next restart, when asked', () => {
    const kernel = { path: '/k', commandLine: 'normal', safeCommandLine: 'normal safe=1' }
    expect(valuesOf(argumentsFor({}, { kernel }), '-append')).toEqual(['normal'])
    const safe = argumentsFor({}, { kernel, safe: true })
    expect(valuesOf(safe, '-append')).toEqual(['normal safe=1'])
    expect(valuesOf(safe, '-action')).toEqual(['panic=pause,reboot=shutdown,shutdown=poweroff'])
  })

  it('passes hostile kernel paths and command lines as one word each', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (path, commandLine) => {
        const argv = argumentsFor({}, { kernel: { path, commandLine } })
        expect(argv[argv.indexOf('-kernel') + 1]).toBe(path)
        expect(argv[argv.indexOf('-append') + 1]).toBe(commandLine)
      }),
    )
  })

  it('shares memory and processors out over all NUMA nodes, none left over', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 8, max: 64 }),
        fc.integer({ min: 64, max: 9999 }),
        (numaNodes, count, memoryMiB) => {
          const argv = argumentsFor({ numaNodes, memoryMiB, cpu: { count } })
          const sizes = valuesOf(argv, '-object').map((value) => Number(/size=(\d+)M/.exec(value)?.[1]))
          const processors = valuesOf(argv, '-numa').flatMap((value) => {
            const [, first, last] = /cpus=(\d+)-(\d+)/.exec(value) ?? []
            return Array.from(
              { length: Number(last) - Number(first) + 1 },
              (_, index) => Number(first) + index,
            )
          })
          expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(memoryMiB)
          expect(processors).toEqual(Array.from({ length: count }, (_, index) => index))
        },
      ),
    )
  })

  it('needs no path of ours in any argument', () => {
    expect(argumentsFor({ tpm: '2.0' }).filter((word) => word.includes('/'))).toEqual([])
  })
})
