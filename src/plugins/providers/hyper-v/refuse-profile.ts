/** Which profiles a Hyper-V host cannot give, and why. Pure, so that a plan says it before anything boots. */
import type { MachineFragment } from '../../../model/machine-profile.ts'
import type { OsName } from '../../../model/recipe.ts'
import type { HostInspection } from './host-report.ts'
import type { HyperVOptions } from './hyper-v-options.ts'

const MIB = 1024 * 1024
/** Limits of Windows Server 2016 and later (plan-hyper-v-scalability). */
const PROCESSORS = { 1: 64, 2: 240 } as const
const MEMORY_MIB = { 1: 1024 * 1024, 2: 12 * 1024 * 1024 } as const

/** Generation 1 only for what needs a BIOS; it cannot be changed later. */
export function generationOf(profile: MachineFragment): 1 | 2 {
  return profile.generation ?? (profile.firmware === 'bios' ? 1 : 2)
}

/** Reasons against a profile; empty when the host can give it. `host` is undefined while nothing is known of it. */
export function refuseProfile(
  profile: MachineFragment,
  os: OsName,
  options: HyperVOptions,
  host: HostInspection | undefined,
): readonly string[] {
  const reasons: string[] = []
  if (os !== 'windows')
    reasons.push('the way into the guest is PowerShell Direct, which only Windows guests answer')
  return [
    ...reasons,
    ...againstProcessor(profile, host),
    ...againstMemory(profile, host),
    ...againstFirmware(profile),
    ...againstVersion(profile, host),
    ...againstDevices(profile, options, host),
  ]
}

function againstProcessor(profile: MachineFragment, host: HostInspection | undefined): readonly string[] {
  const reasons: string[] = []
  const generation = generationOf(profile)
  const count = profile.cpu?.count ?? 1
  if (profile.cpu?.model !== undefined || (profile.cpu?.features?.length ?? 0) > 0)
    reasons.push('Hyper-V shows guests the host’s own processor: cpu.model and cpu.features cannot be chosen')
  if (count > PROCESSORS[generation])
    reasons.push(
      `a generation ${generation} machine has at most ${PROCESSORS[generation]} processors, not ${count}`,
    )
  const logical = host?.host?.logicalProcessors
  if (logical !== undefined && count > logical)
    reasons.push(`the host has ${logical} logical processors; a machine cannot have ${count}`)
  if (profile.numaNodes !== undefined && profile.numaNodes > count)
    reasons.push(`${profile.numaNodes} NUMA nodes need as many processors, there are ${count}`)
  if (profile.nestedVirtualization === true && profile.dynamicMemory !== undefined)
    reasons.push('nested virtualisation needs static memory')
  return reasons
}

function againstMemory(profile: MachineFragment, host: HostInspection | undefined): readonly string[] {
  const reasons: string[] = []
  const generation = generationOf(profile)
  const startup = profile.memoryMiB
  const dynamic = profile.dynamicMemory
  if (startup !== undefined && startup > MEMORY_MIB[generation])
    reasons.push(`a generation ${generation} machine has at most ${MEMORY_MIB[generation]} MiB of memory`)
  if (startup !== undefined && startup % 2 !== 0)
    reasons.push('memoryMiB must be even: Hyper-V gives memory in steps of 2 MiB')
  if (dynamic !== undefined && dynamic.minimumMiB > dynamic.maximumMiB)
    reasons.push('dynamicMemory: the minimum is above the maximum')
  if (
    dynamic !== undefined &&
    startup !== undefined &&
    (startup < dynamic.minimumMiB || startup > dynamic.maximumMiB)
  )
    reasons.push('memoryMiB must lie between the minimum and the maximum of dynamicMemory')
  if (dynamic !== undefined && profile.numaNodes !== undefined)
    reasons.push('Hyper-V gives no NUMA nodes to machines with dynamic memory')
  const total = host?.host?.memoryBytes
  const most = Math.max(startup ?? 0, dynamic?.minimumMiB ?? 0)
  if (total !== undefined && most * MIB > total)
    reasons.push(`the host has ${Math.floor(total / MIB)} MiB of memory; a machine cannot have ${most}`)
  return reasons
}

function againstFirmware(profile: MachineFragment): readonly string[] {
  const reasons: string[] = []
  const generation = generationOf(profile)
  if (profile.machineType !== undefined)
    reasons.push('machineType is for QEMU; Hyper-V has generation 1 and 2')
  if (generation === 1 && profile.firmware !== undefined && profile.firmware !== 'bios')
    reasons.push('generation 1 has a BIOS: UEFI and Secure Boot need generation 2')
  if (generation === 2 && profile.firmware === 'bios') reasons.push('generation 2 has no BIOS')
  if (generation === 1 && profile.tpm === '2.0') reasons.push('a TPM needs generation 2')
  if (profile.secureBootTemplate !== undefined && profile.firmware !== 'uefi-secure-boot')
    reasons.push('secureBootTemplate needs firmware: uefi-secure-boot')
  if (profile.clock !== undefined)
    reasons.push('Hyper-V takes a guest’s clock from the host: clock cannot be chosen')
  return reasons
}

/** PowerShell Direct and nested virtualisation came with version 8.0 (Microsoft's pages of both). */
function againstVersion(
  { configurationVersion: version }: MachineFragment,
  host: HostInspection | undefined,
): readonly string[] {
  if (version === undefined) return []
  if (Number(version) < 8)
    return [`configuration version ${version} has no PowerShell Direct, which needs 8.0`]
  const offered = host?.host?.configurationVersions ?? []
  return offered.length === 0 || offered.includes(version)
    ? []
    : [`the host makes no machines of configuration version ${version}; it offers ${offered.join(', ')}`]
}

function againstDevices(
  profile: MachineFragment,
  options: HyperVOptions,
  host: HostInspection | undefined,
): readonly string[] {
  const reasons: string[] = []
  const generation = generationOf(profile)
  const bus = profile.disk?.bus
  const boots = generation === 1 ? 'ide' : 'scsi'
  if (bus !== undefined && bus !== boots)
    reasons.push(`a generation ${generation} machine starts from a disk on ${boots}, not on ${bus}`)
  const network = profile.network
  const model = network?.model
  if (model !== undefined && !['none', 'synthetic', 'legacy'].includes(model))
    reasons.push(`Hyper-V has no ${model} card; it has synthetic and legacy`)
  if (model === 'legacy' && generation === 2) reasons.push('generation 2 has no legacy network card')
  if (model === 'none' && network?.access !== undefined && network.access !== 'none')
    reasons.push('a machine without a card cannot have a network')
  if (network?.access === 'open' && options.openSwitch === undefined)
    reasons.push('an open network needs the option openSwitch: the name of a switch of the host')
  const known = host?.host === null ? undefined : host?.switches
  if (
    network?.access === 'open' &&
    options.openSwitch !== undefined &&
    known?.some(({ name }) => name === options.openSwitch) === false
  )
    reasons.push(`the host has no switch ${options.openSwitch}`)
  return reasons
}
