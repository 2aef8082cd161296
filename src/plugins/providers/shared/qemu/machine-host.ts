/** What the provider gives to its machines, and what they say when they are asked for something in the wrong state. */
import type { Clock } from '../../../../kit/clock.ts'
import { AppError } from '../../../../model/errors.ts'
import type { Context } from '../../../../sdk/context.ts'
import type { LaunchMode } from './launch-machine.ts'
import type { MachineFiles } from './machine-files.ts'
import type { MachineRecord } from './machine-folder.ts'
import type { QemuProcess, RunTool } from './qemu-host.ts'

export interface MachineHost {
  readonly clock: Clock
  /** Starts the machine's processes in its folder. @throws AppError fault "host" */
  launch(record: MachineRecord, how: LaunchMode, ctx: Context): Promise<QemuProcess>
  /** Programs that work in the machine's folder. */
  toolsOf(record: MachineRecord): RunTool
  /** The machine's folder, wherever it is. */
  filesOf(record: MachineRecord): MachineFiles
  /** Removes the machine's folder and its entry. */
  release(record: MachineRecord): Promise<void>
}

/** The disk of a machine in this state is not free. */
export function diskInUse(name: string, state: string): AppError {
  return new AppError('MACHINE_NOT_OFF', 'tool', `the disk of ${name} cannot be used: it is ${state}`, {
    hint: 'stop the machine first',
  })
}

/** A machine in this state has no further start. */
export function machineGone(name: string, state: string): AppError {
  return new AppError('MACHINE_GONE', 'tool', `the machine ${name} is ${state} and cannot be started`)
}
