/** Where QEMU runs: as processes of this computer, or in containers of an engine. All that differs between the two is here. */
import type { Finished, Running, RunOptions } from '../../../../kit/process.ts'
import type { MachineRef } from '../../../../model/machine-ref.ts'
import type { Context } from '../../../../sdk/context.ts'
import type { Accelerator } from './build-arguments.ts'
import type { MachineFiles } from './machine-files.ts'
import type { MachineRecord } from './machine-folder.ts'

export interface ProcessEnd {
  readonly exitCode: number | undefined
  readonly signal: string | undefined
  /** QEMU's last words; empty for a process that was found again and whose stderr went to its first owner. */
  readonly stderr: string
  /** What the host did to it, where the host says more than an exit code: an error code and its reason in words. */
  readonly hostReason?: { readonly code: string; readonly words: string }
}

/** One QEMU process (and its TPM), started by us or found again. */
export interface QemuProcess {
  /** What proves its identity, for the machine's ref; JSON-safe. */
  readonly details: MachineRef['details']
  /** Settles (never rejects) when the process is gone. */
  readonly ended: Promise<ProcessEnd>
  /** Kills it and its TPM for certain, provided that they are still the processes that we know. */
  kill(): Promise<void>
}

/** What runs on this host under the name of a machine, found without its folder. */
export interface FoundMachine {
  readonly ref: MachineRef
  readonly details: MachineRef['details']
  /** Its QEMU; absent where only other processes of the machine are left. */
  readonly process?: QemuProcess
  /** Ends all of it. @throws DeadlineError */
  end(ctx: Context): Promise<void>
}

export interface FirmwareFiles {
  readonly code: string
  /** Template of the variables; each machine gets its own copy. */
  readonly variables: string
}

/** Runs one of QEMU's programs (qemu-img, debugfs, e2fsck, cp) to its end, as `runProgram` does. */
export type RunTool = (
  program: string,
  programArguments: readonly string[],
  options: Omit<RunOptions, 'cwd'>,
) => Promise<Finished>

export interface QemuHost {
  /** The provider's name, as it stands in refs. */
  readonly provider: string
  /** The QEMU program, as the lab names it. */
  readonly program: string
  /** Programs that may read and write the machine's folder, which is their working directory, and read its disks. */
  toolsOf(record: MachineRecord): RunTool
  /** The machine's folder, wherever it is. Its record, its serial log and the picture of its last crash are on this computer. */
  filesOf(record: MachineRecord): MachineFiles
  /** A program that touches no file. */
  readonly runBare: RunTool
  /** Runs a QEMU without a machine to its end, for questions that it reads from its standard input. */
  askQemu(
    qemuArguments: readonly string[],
    accelerator: Accelerator,
    options: Omit<RunOptions, 'cwd'>,
  ): Promise<Finished>
  /** Starts a QEMU without a machine, to see what it writes. @throws Error when it cannot be started */
  tryQemu(
    qemuArguments: readonly string[],
    options: { readonly accelerator: Accelerator; readonly onOutput: (piece: Buffer) => void },
  ): Promise<Pick<Running, 'exited' | 'kill'>>
  /** Starts QEMU in the machine's folder, and its TPM before it. @throws AppError fault "host", DeadlineError */
  start(
    qemuArguments: readonly string[],
    record: MachineRecord,
    accelerator: Accelerator,
    ctx: Context,
  ): Promise<QemuProcess>
  /** Everything on this host that carries a mark of ringzero. */
  findMachines(ctx: Pick<Context, 'clock' | 'signal'>): Promise<readonly FoundMachine[]>
  /** Gives up what stands beside the machine's processes; called before its folder is removed. */
  release(record: MachineRecord): Promise<void>
  /** Paths as QEMU sees them; undefined when the host has none. */
  findFirmware(firmware: 'uefi' | 'uefi-secure-boot'): Promise<FirmwareFiles | undefined>
  /** Why a machine under KVM need not be tried; undefined where it is worth a trial. */
  refuseKvm(): Promise<string | undefined>
  /** Names what an answer about KVM depends on; another key asks again. */
  kvmKey(): Promise<string>
  memoryMiB(): Promise<number>
}
