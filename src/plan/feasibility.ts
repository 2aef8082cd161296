/** Matches what cells need with what the lab's hosts can give, before anything boots. */
import type { MachineProfile } from '../model/machine-profile.ts'
import type { OsName } from '../model/recipe.ts'
import type { Sight } from './visibility.ts'

export interface HostOffer {
  readonly name: string
  readonly provider: string
  readonly os: readonly OsName[]
  readonly vcpus: number
  readonly memoryMiB: number
  readonly allowNetwork: boolean
  /** Whether products can be put on its machines: simulated, or with a disk that can be sealed as a layer. */
  readonly takesProducts: boolean
  /** What its machines let a run see; absent: everything. */
  readonly sight?: Sight
  /** The provider's own reasons against this profile. */
  refusals(profile: MachineProfile, os: OsName): Promise<readonly string[]>
  /** Reasons why its machines cannot go on from checkpoints; absent: they never can. */
  checkpointRefusals?(profile: MachineProfile, os: OsName): readonly string[]
}

export interface CellNeed {
  readonly machine: MachineProfile
  readonly os: OsName
  readonly products: readonly string[]
}

/** The host, or each host's reasons against it. */
export type HostMatch = { readonly host: HostOffer } | { readonly reasons: readonly string[] }

/** The first host that can run the cell, or each host's reasons against it. */
export async function matchHost(need: CellNeed, hosts: readonly HostOffer[]): Promise<HostMatch> {
  const reasons: string[] = []
  for (const host of hosts) {
    const against = await reasonsAgainst(need, host)
    if (against.length === 0) return { host }
    reasons.push(...against.map((reason) => `${host.name}: ${reason}`))
  }
  return { reasons }
}

async function reasonsAgainst(need: CellNeed, host: HostOffer): Promise<string[]> {
  const { machine } = need
  const reasons = [...(await host.refusals(machine, need.os))]
  if (!host.os.includes(need.os)) reasons.push(`${host.provider} runs no ${need.os} guests`)
  if (machine.cpu.count > host.vcpus)
    reasons.push(`the machine needs ${machine.cpu.count} processors, the host lends ${host.vcpus}`)
  if (machine.memoryMiB > host.memoryMiB)
    reasons.push(`the machine needs ${machine.memoryMiB} MiB, the host lends ${host.memoryMiB}`)
  if (need.products.length > 0 && !host.takesProducts)
    reasons.push(`${host.provider} cannot seal disks, which the layer of ${need.products.join(', ')} needs`)
  if (machine.network?.access === 'open' && !host.allowNetwork)
    reasons.push('an open network is not granted: set allowNetwork on the host')
  return reasons
}

/** What is known of an image's disk before a machine starts from it. */
export interface ImageDisk {
  /** The generation of Hyper-V machines that its partitions are made for. */
  readonly generation: 1 | 2
  readonly sizeGiB: number
}

/** Why a machine cannot start from an image's disk on any host. */
export function imageRefusals(machine: MachineProfile, disk: ImageDisk): readonly string[] {
  const reasons: string[] = []
  // As Hyper-V takes a profile that names none.
  const generation = machine.generation ?? (machine.firmware === 'bios' ? 1 : 2)
  const firmware = { 1: 'BIOS', 2: 'UEFI' } as const
  if (generation !== disk.generation)
    reasons.push(
      `a generation ${generation} machine (${firmware[generation]}) does not start from an image that is partitioned for generation ${disk.generation} (${firmware[disk.generation]})`,
    )
  const asked = machine.disk?.sizeGiB
  if (asked !== undefined && asked < disk.sizeGiB)
    reasons.push(`the machine’s disk of ${asked} GiB is smaller than the image’s ${disk.sizeGiB} GiB`)
  return reasons
}
