/** The hardware as a Linux guest sees it, in the words of the profile that a matrix asks for. */
import type { MeasuredProfile } from '../../../sdk/guest-os.ts'
import { numberOf, valueOf, valuesOf, type Answer } from './ask-guest.ts'

/** Processor features that a profile is likely to name: what is not listed by the guest is absent, not unknown. */
const FEATURES =
  'sse3 ssse3 sse4_1 sse4_2 popcnt aes xsave avx avx2 avx512f fma bmi1 bmi2 rdrand rdseed smep smap la57 sha_ni'

const CARDS: Readonly<Record<string, string>> = {
  virtio_net: 'virtio',
  e1000: 'e1000',
  e1000e: 'e1000e',
  vmxnet3: 'vmxnet3',
  '8139cp': 'rtl8139',
  '8139too': 'rtl8139',
}

/** Bus of the root disk by the driver of its SCSI host (sysfs `proc_name`). */
const HOSTS: Readonly<Record<string, string>> = {
  ata_piix: 'ide',
  ata_generic: 'ide',
  ahci: 'sata',
  virtio_scsi: 'scsi',
  mptspi: 'scsi',
  vmw_pvscsi: 'scsi',
}

/** Turns the answer to "profile" into properties. @throws AppError GUEST_PROBE when a main property is missing */
export function measuredProfile(answers: readonly Answer[]): MeasuredProfile {
  const value = (key: string): string => valueOf('profile', answers, key)
  const flags = new Set(value('flags').split(' '))
  const features = Object.fromEntries(
    [...new Set([...FEATURES.split(' '), ...flags])]
      .filter((flag) => /^[a-z0-9_]{1,32}$/.test(flag))
      .map((flag) => [`cpu.feature.${flag}`, flags.has(flag) ? 'yes' : 'no']),
  )
  const bus = diskBus(value('disk'), valuesOf(answers, 'disk.driver')[0])
  const machine = machineType(value('machine'))
  const [secureBoot] = valuesOf(answers, 'secureBoot')
  const firmware = value('firmware') === 'uefi' ? (secureBoot === '1' ? 'uefi-secure-boot' : 'uefi') : 'bios'
  return {
    'cpu.count': String(numberOf('profile', answers, 'cpu.count')),
    'cpu.model': value('cpu.model').slice(0, 200),
    memoryMiB: String(Math.round(numberOf('profile', answers, 'memoryKiB') / 1024)),
    numaNodes: String(Math.max(1, numberOf('profile', answers, 'numaNodes'))),
    firmware,
    tpm: value('tpm') === '2' ? '2.0' : value('tpm') === '' ? 'none' : value('tpm').slice(0, 16),
    'network.model':
      valuesOf(answers, 'card').map((driver) => CARDS[driver] ?? driver.slice(0, 64))[0] ?? 'none',
    ...(bus === undefined ? {} : { 'disk.bus': bus }),
    ...(machine === undefined ? {} : { machineType: machine }),
    ...features,
  }
}

/** Bus by the disk's path below /sys/devices. */
function diskBus(path: string, host: string | undefined): string | undefined {
  if (path.includes('/nvme/')) return 'nvme'
  if (host !== undefined && HOSTS[host] !== undefined) return HOSTS[host]
  return /\/virtio\d+\/block\//.test(path) ? 'virtio' : undefined
}

/** QEMU names its machine types in the DMI product: "Standard PC (i440FX + PIIX, 1996)", "Standard PC (Q35 + ICH9, 2009)". */
function machineType(product: string): string | undefined {
  if (product.includes('Q35')) return 'q35'
  return product.includes('i440FX') ? 'pc' : undefined
}
