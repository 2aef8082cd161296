/** The hardware that a Windows guest shows, in the words of the machine profile. */
import type { z } from 'zod'
import type { MeasuredProfile } from '../../../sdk/guest-os.ts'
import type { ProfileAnswer } from './system-answers.ts'

/** MSFT_Disk.BusType; a Hyper-V SCSI disk shows as SAS (10), its IDE disk as ATA (3). */
const BUS_TYPES: Readonly<Record<number, string>> = {
  1: 'scsi',
  3: 'ide',
  10: 'scsi',
  11: 'sata',
  17: 'nvme',
}

/** Beginnings of the plug-and-play id of network cards: VMBus, then PCI vendor and device. */
const CARDS: readonly (readonly [prefix: string, model: string])[] = [
  ['VMBUS\\', 'synthetic'],
  ['PCI\\VEN_1011&DEV_0009', 'legacy'],
  ['PCI\\VEN_8086&DEV_100E', 'e1000'],
  ['PCI\\VEN_8086&DEV_100F', 'e1000'],
  ['PCI\\VEN_8086&DEV_10D3', 'e1000e'],
  ['PCI\\VEN_1AF4', 'virtio'],
  ['PCI\\VEN_10EC&DEV_8139', 'rtl8139'],
  ['PCI\\VEN_15AD&DEV_07B0', 'vmxnet3'],
]

/** Property name → what the guest shows; what it does not show is left out, so that it is never taken for a mismatch. */
export function measureProfile(answer: z.output<typeof ProfileAnswer>): MeasuredProfile {
  const bus = BUS_TYPES[answer.busType]
  const card = answer.cards[0]?.toUpperCase()
  const model =
    card === undefined ? 'none' : (CARDS.find(([prefix]) => card.startsWith(prefix))?.[1] ?? undefined)
  return {
    ...(answer.processors > 0 ? { 'cpu.count': String(answer.processors) } : {}),
    ...(answer.memoryMiB > 0 ? { memoryMiB: String(answer.memoryMiB) } : {}),
    ...(bus === undefined ? {} : { 'disk.bus': bus }),
    ...(answer.diskBytes > 0 ? { 'disk.sizeGiB': String(Math.round(answer.diskBytes / 1024 ** 3)) } : {}),
    ...firmwareOf(answer),
    tpm: answer.tpm === '' ? 'none' : (answer.tpm.split(',')[0]?.trim() ?? ''),
    ...(model === undefined ? {} : { 'network.model': model }),
  }
}

/** PEFirmwareType is 1 for BIOS and 2 for UEFI. */
function firmwareOf(answer: z.output<typeof ProfileAnswer>): MeasuredProfile {
  if (answer.firmware === 1) return { firmware: 'bios', generation: '1' }
  if (answer.firmware !== 2) return {}
  return { firmware: answer.secureBoot === 1 ? 'uefi-secure-boot' : 'uefi', generation: '2' }
}
