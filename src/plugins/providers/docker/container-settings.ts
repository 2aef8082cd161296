/** A container's settings, pure: what QEMU and its tools may do there. */
import type Dockerode from 'dockerode'
import type { MachineRef } from '../../../model/machine-ref.ts'

/** Labels prove whose a container is before anything is done to it. */
export const LABELS = {
  /** The whole ref of the machine, as JSON. */
  machine: 'ringzero.machine',
  /** Which state folder's containers these are: an engine can serve several computers. */
  owner: 'ringzero.owner',
  /** Of a container `machine`, `tools` or `question`; of a volume `folder` or `layer`. */
  part: 'ringzero.part',
  /** The process that asks a question: what it leaves when it is killed belongs to no machine. */
  asker: 'ringzero.asker',
  run: 'ringzero.run',
  cell: 'ringzero.cell',
  arm: 'ringzero.arm',
  attempt: 'ringzero.attempt',
  /** On a volume: the sha256 of the sealed file in it. */
  layer: 'ringzero.layer',
} as const

/** QEMU itself, its caches and the TPM, beside the guest's memory (measured: 110 MiB with a 256 MiB guest under TCG). */
const MEMORY_BESIDE_GUEST_MIB = 512
/** Threads of QEMU (virtual processors, block workers) and of the TPM. */
const PROCESSES = 256
const MIB = 1024 ** 2

/**
 * Its owner and not its mode: runc gives a file system the mode of the folder that it covers. Podman's API knows no owner of a file
 * system ("unknown mount option"), so root, who has it anyway, is not named.
 */
function tmpfs({ user }: Pick<ContainerPlan, 'user'>, more: string): string {
  const [uid = '0', gid = '0'] = user.split(':')
  const owner = uid === '0' && gid === '0' ? '' : `uid=${uid},gid=${gid},`
  return `rw,nosuid,nodev,${owner}${more}`
}

/** A volume of the engine and where a container sees it. */
export interface VolumeMount {
  readonly volume: string
  readonly target: string
  readonly readOnly: boolean
}

export interface ContainerPlan {
  readonly image: string
  /** Program and arguments. */
  readonly command: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  /** `uid:gid` that owns the machine's folder. */
  readonly user: string
  readonly workingFolder?: string
  /** Absolute paths, the same inside and outside. */
  readonly readOnly: readonly string[]
  readonly writable: readonly string[]
  readonly volumes?: readonly VolumeMount[]
  /** Folders that become small file systems of the container's own, so that sealed files can get their names in them. */
  readonly nameFolders?: readonly string[]
  readonly memoryMiB: number
  /** Group that /dev/kvm belongs to, for a user who is in it; absent: no KVM. */
  readonly kvmGroup?: number
  /** Only where profile and lab both grant it. */
  readonly network: boolean
}

/** Labels of a container of this machine. */
export function machineLabels(
  ref: MachineRef,
  owner: string,
  part: 'machine' | 'tools' | 'folder',
): Readonly<Record<string, string>> {
  return {
    [LABELS.machine]: JSON.stringify(ref),
    [LABELS.owner]: owner,
    [LABELS.part]: part,
    [LABELS.run]: ref.run,
    [LABELS.cell]: ref.cell,
    [LABELS.arm]: ref.arm,
    [LABELS.attempt]: String(ref.attempt),
  }
}

/**
 * A guest that breaks out of QEMU meets a container without network, without capabilities, with a read-only root, no new
 * privileges, the engine's default seccomp filter, and bounds on memory, processes and files.
 */
export function containerSettings(plan: ContainerPlan): Dockerode.ContainerCreateOptions {
  const bytes = (plan.memoryMiB + MEMORY_BESIDE_GUEST_MIB) * MIB
  return {
    Image: plan.image,
    // tini reaps what the machine leaves and passes its exit code on.
    Entrypoint: ['/usr/bin/tini', '-g', '--'],
    Cmd: [...plan.command],
    Labels: plan.labels,
    User: plan.user,
    Env: ['PATH=/usr/sbin:/usr/bin', 'HOME=/tmp', 'LC_ALL=C.UTF-8'],
    ...(plan.workingFolder === undefined ? {} : { WorkingDir: plan.workingFolder }),
    AttachStdin: false,
    Tty: false,
    HostConfig: {
      // Of lists, not of one line: a path may hold a colon.
      Mounts: [
        ...plan.writable.map((path) => mount(path, false)),
        ...plan.readOnly.map((path) => mount(path, true)),
        ...(plan.volumes ?? []).map(volumeMount),
      ],
      Tmpfs: Object.fromEntries([
        ...(plan.nameFolders ?? []).map((folder) => [folder, tmpfs(plan, 'noexec,size=1m')]),
        ['/tmp', tmpfs(plan, 'size=64m')],
      ]),
      NetworkMode: plan.network ? 'bridge' : 'none',
      ReadonlyRootfs: true,
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Memory: bytes,
      MemorySwap: bytes,
      PidsLimit: PROCESSES,
      // Podman asks for its own, higher ones where none are given, which an engine with fewer rights cannot set.
      Ulimits: [
        { Name: 'nofile', Soft: 1024, Hard: 4096 },
        { Name: 'nproc', Soft: 4096, Hard: 4096 },
      ],
      ...(plan.kvmGroup === undefined
        ? {}
        : {
            Devices: [{ PathOnHost: '/dev/kvm', PathInContainer: '/dev/kvm', CgroupPermissions: 'rwm' }],
            GroupAdd: [String(plan.kvmGroup)],
          }),
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
    },
  }
}

function volumeMount({ volume, target, readOnly }: VolumeMount): Dockerode.MountSettings {
  // Nothing of the image is copied into a volume.
  return {
    Type: 'volume',
    Source: volume,
    Target: target,
    ReadOnly: readOnly,
    VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } },
  }
}

function mount(path: string, readOnly: boolean): Dockerode.MountSettings {
  return { Type: 'bind', Source: path, Target: path, ReadOnly: readOnly }
}
