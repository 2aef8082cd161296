import { describe, expect, it } from 'vitest'
import type { MachineFragment } from '../../../../../src/model/machine-profile.ts'
import {
  refuseProfile,
  type ProfileHost,
} from '../../../../../src/plugins/providers/shared/qemu/refuse-profile.ts'

const ABLE: ProfileHost = {
  accelerator: 'kvm',
  accelerationReason: 'it ran',
  memoryMiB: 8192,
  uefi: true,
  secureBoot: true,
  tpm: true,
}
const cpu = {
  knownModels: ['qemu64', 'Skylake-Client'],
  modelKnown: true,
  unknownFeatures: [],
  missingFeatures: [],
}

describe('reasons against a profile', () => {
  it('are none for what the host can give', () => {
    const profile: MachineFragment = {
      cpu: { model: 'qemu64', count: 2 },
      memoryMiB: 1024,
      disk: { bus: 'nvme' },
      firmware: 'uefi-secure-boot',
      tpm: '2.0',
      network: { model: 'vmxnet3', access: 'isolated' },
    }
    expect(refuseProfile(profile, 'linux', { ...ABLE, cpu })).toEqual([])
  })

  it.each<[string, MachineFragment, Partial<ProfileHost>, RegExp]>([
    ['a Hyper-V generation', { generation: 1 }, {}, /generation 1 exists on Hyper-V only/],
    ['dynamic memory', { dynamicMemory: { minimumMiB: 64, maximumMiB: 128 } }, {}, /dynamicMemory/],
    ['a synthetic card', { network: { model: 'synthetic' } }, {}, /network.model "synthetic"/],
    ['more memory than there is', { memoryMiB: 9000 }, {}, /more than this host has \(8192\)/],
    ['more NUMA nodes than processors', { numaNodes: 4, cpu: { count: 2 } }, {}, /numaNodes 4/],
    ['IDE on q35', { machineType: 'q35', disk: { bus: 'ide' } }, {}, /"ide" needs machineType "pc"/],
    ['UEFI without OVMF', { firmware: 'uefi' }, { uefi: false }, /package ovmf/],
    ['secure boot without OVMF', { firmware: 'uefi-secure-boot' }, { secureBoot: false }, /package ovmf/],
    ['secure boot on pc', { firmware: 'uefi-secure-boot', machineType: 'pc' }, {}, /needs machineType "q35"/],
    ['a TPM without swtpm', { tpm: '2.0' }, { tpm: false }, /package swtpm/],
    ['nesting without KVM', { nestedVirtualization: true }, { accelerator: 'tcg' }, /needs KVM/],
    [
      'a misspelt CPU model',
      { cpu: { model: 'Skylake-Clint' } },
      { cpu: { ...cpu, modelKnown: false } },
      /did you mean "Skylake-Client"/,
    ],
    [
      'a CPU feature that emulation has not',
      { cpu: { features: ['avx512f'] } },
      { accelerator: 'tcg', cpu: { ...cpu, missingFeatures: ['avx512f'] } },
      /"avx512f" cannot be given here with max under tcg/,
    ],
  ])('name %s', (_, profile, host, reason) => {
    const reasons = refuseProfile(profile, 'linux', { ...ABLE, ...host })
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toMatch(reason)
  })
})
