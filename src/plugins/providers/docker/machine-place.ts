/** Where the folders and sealed files of machines are: on this computer, or with an engine on another. */
import type Dockerode from 'dockerode'
import type { MachineFiles } from '../shared/qemu/machine-files.ts'
import type { MachineRecord } from '../shared/qemu/machine-folder.ts'
import type { QemuProcess } from '../shared/qemu/qemu-host.ts'
import type { ContainerPlan } from './container-settings.ts'

/** What a machine's containers see of its files, and whose they are there. */
export type PlacedFiles = Pick<ContainerPlan, 'user' | 'workingFolder' | 'readOnly' | 'writable'> &
  Partial<Pick<ContainerPlan, 'volumes' | 'nameFolders'>>

export interface MachinePlace {
  /** What this machine's containers see. @throws AppError fault "host" */
  filesSeen(record: MachineRecord): Promise<PlacedFiles>
  /** Names that sealed files must get in a container before they are used: file and name, both absolute there. */
  namesOf(record: MachineRecord): Promise<readonly (readonly [file: string, name: string])[]>
  /** Called once with the container that the machine's tools run in, before the first of them. @throws AppError fault "host" */
  prepare(record: MachineRecord, tools: Dockerode.Container): Promise<void>
  filesOf(record: MachineRecord): MachineFiles
  /** A machine's QEMU whose end is told when all that it wrote before has arrived. */
  whole(folder: string, process: QemuProcess): QemuProcess
  /** Gives up what the machine has beside its containers and its folder on this computer. */
  release(record: MachineRecord): Promise<void>
  /** Why KVM need not be tried. */
  refuseKvm(): Promise<string | undefined>
  /** Group that may use /dev/kvm. */
  kvmGroup(): Promise<number>
  /** Changes with each start of the computer that the engine runs on. */
  bootId(): Promise<string>
}

/** The files that are shown to a machine's containers, as its record names them. */
export function sealedFiles({ source, savedState }: MachineRecord): {
  readonly files: readonly string[]
  /** With parents of their own. */
  readonly disks: readonly string[]
} {
  const { kernel } = source
  const files = [
    kernel?.path,
    kernel?.uefiPath,
    kernel?.initrd,
    savedState?.memory,
    ...(savedState?.further ?? []),
  ]
  return {
    files: files.filter((file) => file !== undefined),
    disks: [source.disk, ...(savedState === undefined ? [] : [savedState.disk])],
  }
}
