/** Reasons why a host cannot give a profile, told before anything boots. Pure: the host's facts are passed in. */
import { nearestWord } from '../../../../kit/nearest-word.ts'
import type { MachineFragment } from '../../../../model/machine-profile.ts'
import type { OsName } from '../../../../model/recipe.ts'
import { diskBusOf, machineTypeOf, type Accelerator } from './build-arguments.ts'
import type { CpuAnswer } from './qemu-facts.ts'

export interface ProfileHost {
  readonly accelerator: Accelerator
  readonly accelerationReason: string
  readonly memoryMiB: number
  readonly uefi: boolean
  readonly secureBoot: boolean
  readonly tpm: boolean
  /** Present when the profile names a CPU model or features. */
  readonly cpu?: CpuAnswer
}

/** Empty when the host can give all of it. */
export function refuseProfile(profile: MachineFragment, os: OsName, host: ProfileHost): string[] {
  return [
    ...hyperVOnly(profile),
    ...cpuReasons(profile, host),
    ...memoryReasons(profile, host),
    ...firmwareReasons(profile, host),
    ...(profile.tpm === '2.0' && !host.tpm
      ? ['tpm "2.0" needs the program swtpm (Debian package swtpm)']
      : []),
    ...(diskBusOf(profile, os) === 'ide' && machineTypeOf(profile) === 'q35'
      ? ['disk.bus "ide" needs machineType "pc": q35 has no IDE controller (its "sata" is AHCI)']
      : []),
  ]
}

function hyperVOnly(profile: MachineFragment): string[] {
  const reasons: string[] = []
  if (profile.generation !== undefined)
    reasons.push(
      `generation ${profile.generation} exists on Hyper-V only; use machineType and firmware for QEMU`,
    )
  if (profile.configurationVersion !== undefined)
    reasons.push('configurationVersion exists on Hyper-V only; use machineType for QEMU')
  if (profile.dynamicMemory !== undefined) reasons.push('dynamicMemory exists on Hyper-V only')
  if (profile.secureBootTemplate !== undefined && profile.secureBootTemplate === 'OpenSourceShieldedVM')
    reasons.push('secureBootTemplate "OpenSourceShieldedVM" exists on Hyper-V only')
  const model = profile.network?.model
  if (model === 'synthetic' || model === 'legacy')
    reasons.push(
      `network.model "${model}" exists on Hyper-V only; use virtio, e1000, e1000e, vmxnet3 or rtl8139`,
    )
  if (profile.network?.macSpoofing === true) reasons.push('network.macSpoofing is a switch of Hyper-V only')
  return reasons
}

function cpuReasons({ cpu, nestedVirtualization }: MachineFragment, host: ProfileHost): string[] {
  const reasons: string[] = []
  if (nestedVirtualization === true && host.accelerator !== 'kvm')
    reasons.push(`nestedVirtualization needs KVM, which this host does not give: ${host.accelerationReason}`)
  const answer = host.cpu
  if (cpu === undefined || answer === undefined) return reasons
  const model = cpu.model ?? 'max'
  if (!answer.modelKnown) {
    const meant = nearestWord(model, answer.knownModels)
    reasons.push(
      `cpu.model "${model}" is unknown to this QEMU${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    )
  }
  if (model === 'host' && host.accelerator !== 'kvm')
    reasons.push(`cpu.model "host" needs KVM, which this host does not give: ${host.accelerationReason}`)
  for (const feature of answer.unknownFeatures)
    reasons.push(`cpu.features: "${feature}" is unknown to this QEMU`)
  for (const feature of answer.missingFeatures)
    reasons.push(`cpu.features: "${feature}" cannot be given here with ${model} under ${host.accelerator}`)
  return reasons
}

function memoryReasons({ memoryMiB, numaNodes, cpu }: MachineFragment, host: ProfileHost): string[] {
  const reasons: string[] = []
  if (memoryMiB !== undefined && memoryMiB > host.memoryMiB)
    reasons.push(`memoryMiB ${memoryMiB} is more than this host has (${host.memoryMiB})`)
  const processors = cpu?.count ?? 1
  if (numaNodes !== undefined && numaNodes > processors)
    reasons.push(`numaNodes ${numaNodes} needs at least as many processors (cpu.count is ${processors})`)
  return reasons
}

function firmwareReasons(profile: MachineFragment, host: ProfileHost): string[] {
  if (profile.firmware === 'uefi' && !host.uefi)
    return ['firmware "uefi" needs OVMF (Debian package ovmf), which this host has not']
  if (profile.firmware !== 'uefi-secure-boot') return []
  return [
    ...(host.secureBoot
      ? []
      : [
          'firmware "uefi-secure-boot" needs OVMF with secure boot (Debian package ovmf), which this host has not',
        ]),
    ...(machineTypeOf(profile) === 'pc'
      ? [
          'firmware "uefi-secure-boot" needs machineType "q35": the older chipset cannot protect the variables',
        ]
      : []),
  ]
}
