/**
 * A machine's profile as QEMU's argument list: pure, so that every mapping is tested without a host.
 * File names that are ours are relative to the machine's folder (QEMU's working directory): no path of ours can be too
 * long for a socket or be taken apart at a comma. Paths of others travel inside JSON.
 */
import type { MachineProfile } from '../../../../model/machine-profile.ts'
import type { OsName } from '../../../../model/recipe.ts'
import type { BootSource } from '../../../../sdk/provider.ts'

/** Names inside the machine's folder. */
export const MACHINE_FILES = {
  disk: 'disk.qcow2',
  qmpSocket: 'qmp.sock',
  agentSocket: 'agent.sock',
  serialLog: 'serial.log',
  tpmFolder: 'tpm',
  tpmSocket: 'tpm.sock',
  firmwareVariables: 'firmware-variables.fd',
  savedMemory: 'saved-memory',
} as const

export type Accelerator = 'kvm' | 'tcg'

/** The agent's port: its id is what VSERPORT_CHANGE events name. */
export const AGENT_PORT_ID = 'agent0'
/** Node name of the machine's own disk, for snapshots. */
export const DISK_NODE = 'disk0'

export interface ArgumentInput {
  /** Shown in process lists; letters, digits, dots and dashes. */
  readonly name: string
  readonly profile: MachineProfile
  readonly os: OsName
  readonly accelerator: Accelerator
  readonly kernel?: BootSource['kernel']
  /** Take the kernel's safe command line. */
  readonly safe: boolean
  /** Go on from the saved memory in the machine's folder instead of booting. */
  readonly restored?: boolean
  /** Absolute path of OVMF's read-only code, needed for the two uefi firmwares. */
  readonly firmwareCode?: string
  /** Start of the guest's clock, `2026-07-19T04:09:00`, UTC; absent: the host's. */
  readonly clockBase?: string
}

/** The machine type a profile gets: IDE disks live on the older chipset. */
export function machineTypeOf(profile: Pick<MachineProfile, 'machineType' | 'disk'>): 'pc' | 'q35' {
  return profile.machineType ?? (profile.disk?.bus === 'ide' ? 'pc' : 'q35')
}

/** The disk bus a profile gets: what the guest has a driver for out of the box. */
export function diskBusOf(
  profile: Pick<MachineProfile, 'disk'>,
  os: OsName,
): 'virtio' | 'ide' | 'sata' | 'nvme' | 'scsi' {
  return profile.disk?.bus ?? (os === 'windows' ? 'sata' : 'virtio')
}

/** The whole argument list of qemu-system-x86_64. */
export function buildArguments(input: ArgumentInput): string[] {
  return [
    '-name',
    `guest=${input.name}`,
    '-no-user-config',
    '-nodefaults',
    '-display',
    'none',
    ...machineArguments(input),
    '-cpu',
    cpuArgument(input),
    ...numaArguments(input.profile),
    '-smp',
    String(input.profile.cpu.count),
    '-m',
    `${input.profile.memoryMiB}M`,
    '-rtc',
    `base=${input.clockBase ?? 'utc'},driftfix=${input.accelerator === 'kvm' ? 'slew' : 'none'}`,
    ...firmwareArguments(input),
    ...kernelArguments(input),
    ...diskArguments(input),
    ...networkArguments(input.profile),
    ...tpmArguments(input.profile),
    '-device',
    'VGA,vgamem_mb=16',
    '-device',
    'pvpanic-pci',
    // Pausing at a panic keeps the screen for the screenshot; the provider lets the guest go on at once (machine.ts).
    // A restart out of safe mode ends the process, since the next start takes another command line.
    '-action',
    `panic=pause,reboot=${input.safe ? 'shutdown' : 'reset'},shutdown=poweroff`,
    ...socketArguments(),
    // QEMU 7.2 has no "file:" here. The command is a constant: QEMU hands it to a shell.
    ...(input.restored === true ? ['-incoming', `exec:cat ${MACHINE_FILES.savedMemory}`] : []),
  ]
}

function machineArguments({ profile, accelerator, firmwareCode }: ArgumentInput): string[] {
  const options = [
    machineTypeOf(profile),
    `accel=${accelerator}`,
    ...(profile.firmware === 'uefi-secure-boot' ? ['smm=on'] : []),
    ...(firmwareCode === undefined ? [] : ['pflash0=firmware-code', 'pflash1=firmware-variables']),
  ]
  return ['-machine', options.join(',')]
}

/** Hyper-V's own interfaces, which Windows uses where they are; hv_crash reports its stop code. They exist under KVM alone. */
const HYPERV_FEATURES =
  'hv_relaxed=on,hv_vapic=on,hv_spinlocks=0x1fff,hv_vpindex=on,hv_runtime=on,hv_time=on,hv_synic=on,hv_stimer=on,hv_reset=on,hv_crash=on'

function cpuArgument({ profile, accelerator, os }: ArgumentInput): string {
  const features = [...(profile.cpu.features ?? [])].map((feature) => {
    const name = feature.replace(/^[+-]/, '')
    return `${name}=${feature.startsWith('-') ? 'off' : 'on'}`
  })
  // Granted, it comes with "max"; one of the two names is the host's, the other is always off.
  const virtualization = profile.nestedVirtualization === false ? ['vmx=off,svm=off'] : []
  return [
    // "max" is all that the accelerator can give, under KVM and TCG alike.
    profile.cpu.model ?? 'max',
    ...virtualization,
    ...features,
    ...(accelerator === 'kvm' && os === 'windows' ? [HYPERV_FEATURES] : []),
  ].join(',')
}

function numaArguments({ numaNodes, cpu, memoryMiB }: MachineProfile): string[] {
  if (numaNodes === undefined || numaNodes === 1) return []
  const share = Math.floor(memoryMiB / numaNodes)
  return Array.from({ length: numaNodes }, (_, node) => {
    const size = node === numaNodes - 1 ? memoryMiB - share * (numaNodes - 1) : share
    const first = Math.floor((cpu.count * node) / numaNodes)
    const last = Math.floor((cpu.count * (node + 1)) / numaNodes) - 1
    return [
      '-object',
      `memory-backend-ram,id=memory${node},size=${size}M`,
      '-numa',
      `node,nodeid=${node},memdev=memory${node},cpus=${first}-${last}`,
    ]
  }).flat()
}

function firmwareArguments({ profile, firmwareCode }: ArgumentInput): string[] {
  if (firmwareCode === undefined) return []
  const flash = (name: string, filename: string, readOnly: boolean): string[] => [
    '-blockdev',
    JSON.stringify({
      driver: 'raw',
      'node-name': name,
      'read-only': readOnly,
      file: { driver: 'file', filename },
    }),
  ]
  return [
    // Only code in system management mode may write the variables: without it secure boot proves nothing.
    ...(profile.firmware === 'uefi-secure-boot'
      ? ['-global', 'driver=cfi.pflash01,property=secure,value=on']
      : []),
    ...flash('firmware-code', firmwareCode, true),
    ...flash('firmware-variables', MACHINE_FILES.firmwareVariables, false),
  ]
}

function kernelArguments({ kernel, safe }: ArgumentInput): string[] {
  if (kernel === undefined) return []
  const commandLine = safe ? (kernel.safeCommandLine ?? kernel.commandLine) : kernel.commandLine
  return [
    '-kernel',
    kernel.path,
    '-append',
    commandLine,
    ...(kernel.initrd === undefined ? [] : ['-initrd', kernel.initrd]),
  ]
}

function diskArguments({ profile, os }: ArgumentInput): string[] {
  const block = {
    driver: 'qcow2',
    'node-name': DISK_NODE,
    // The overlay is thrown away with the machine: what a host crash would lose is lost anyway.
    cache: { direct: false, 'no-flush': true },
    discard: 'unmap',
    file: {
      driver: 'file',
      filename: MACHINE_FILES.disk,
      cache: { direct: false, 'no-flush': true },
      discard: 'unmap',
    },
  }
  // A full or broken host disk must stop the machine, never be shown to the guest: it would look like the candidate's fault.
  const policy = `drive=${DISK_NODE},werror=stop,rerror=stop`
  const bus = diskBusOf(profile, os)
  const onChipset = machineTypeOf(profile) === 'q35'
  const devices: Readonly<Record<typeof bus, readonly string[]>> = {
    virtio: ['-device', `virtio-blk-pci,${policy}`],
    ide: ['-device', `ide-hd,bus=ide.0,${policy}`],
    // q35's own controller is AHCI; the older chipset gets one on a card.
    sata: onChipset
      ? ['-device', `ide-hd,bus=ide.0,${policy}`]
      : ['-device', 'ich9-ahci,id=ahci0', '-device', `ide-hd,bus=ahci0.0,${policy}`],
    // QEMU's nvme device has no werror: an error of the host shows as BLOCK_IO_ERROR alone.
    nvme: ['-device', `nvme,drive=${DISK_NODE},serial=ringzero`],
    scsi: ['-device', 'virtio-scsi-pci,id=scsi0', '-device', `scsi-hd,bus=scsi0.0,${policy}`],
  }
  return ['-blockdev', JSON.stringify(block), ...devices[bus]]
}

const NIC_DEVICES = {
  virtio: 'virtio-net-pci',
  e1000: 'e1000',
  e1000e: 'e1000e',
  vmxnet3: 'vmxnet3',
  rtl8139: 'rtl8139',
} as const

/** No card unless the profile asks for one; a way out only with access "open", which the caller must have granted. */
function networkArguments({ network }: MachineProfile): string[] {
  const access = network?.access ?? 'none'
  const asked = network?.model ?? (access === 'none' ? 'none' : 'virtio')
  if (asked === 'none' || !(asked in NIC_DEVICES)) return ['-nic', 'none']
  const device = NIC_DEVICES[asked as keyof typeof NIC_DEVICES]
  return [
    '-netdev',
    `user,id=net0,restrict=${access === 'open' ? 'off' : 'on'}`,
    '-device',
    `${device},netdev=net0`,
  ]
}

function tpmArguments({ tpm }: MachineProfile): string[] {
  if (tpm !== '2.0') return []
  return [
    '-chardev',
    `socket,id=tpm-socket,path=${MACHINE_FILES.tpmSocket}`,
    '-tpmdev',
    'emulator,id=tpm0,chardev=tpm-socket',
    '-device',
    'tpm-crb,tpmdev=tpm0',
  ]
}

function socketArguments(): string[] {
  return [
    '-chardev',
    `socket,id=qmp,path=${MACHINE_FILES.qmpSocket},server=on,wait=off`,
    '-mon',
    'chardev=qmp,mode=control',
    '-chardev',
    `socket,id=agent,path=${MACHINE_FILES.agentSocket},server=on,wait=off`,
    '-device',
    'virtio-serial-pci',
    // The id makes QEMU fire VSERPORT_CHANGE for this port.
    '-device',
    `virtserialport,chardev=agent,name=org.qemu.guest_agent.0,id=${AGENT_PORT_ID}`,
    '-chardev',
    `file,id=serial,path=${MACHINE_FILES.serialLog},append=on`,
    '-serial',
    'chardev:serial',
  ]
}
