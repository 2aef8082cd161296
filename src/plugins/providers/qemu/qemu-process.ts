/** One QEMU process (and its TPM), started by us or found again: its end, its proof of identity, its kill. */
import { access, mkdir } from 'node:fs/promises'
import { DeadlineError } from '../../../kit/deadline.ts'
import { startProgram, type Running } from '../../../kit/process.ts'
import { AppError } from '../../../model/errors.ts'
import type { MachineRef } from '../../../model/machine-ref.ts'
import type { Context } from '../../../sdk/context.ts'
import { MACHINE_FILES } from '../shared/qemu/build-arguments.ts'
import {
  killMarkedProcess,
  markEnvironment,
  processGone,
  processStartTime,
} from '../shared/qemu/process-mark.ts'
import type { ProcessEnd, QemuProcess } from '../shared/qemu/qemu-host.ts'

const TPM_READY_MS = 5000

/**
 * Starts a program in a session of its own: Ctrl-C in a terminal reaches us alone, and a machine that is kept or whose
 * runner was killed lives on until it is swept.
 */
async function startMarked(
  program: string,
  argv: readonly string[],
  folder: string,
  ref: MachineRef,
): Promise<Running> {
  try {
    return await startProgram('setsid', [program, ...argv], {
      cwd: folder,
      environment: markEnvironment(ref),
      cleanup: false,
    })
  } catch (error) {
    throw new AppError('HOST_PROGRAM_MISSING', 'host', `${program} could not be started`, {
      cause: error,
      hint: 'run "ringzero doctor --fix": it installs what is missing',
    })
  }
}

/** Starts QEMU, and swtpm before it where the machine has a TPM. `folder` becomes its working directory. @throws AppError fault "host" */
export async function startQemu(
  program: string,
  argv: readonly string[],
  folder: string,
  ref: MachineRef,
  withTpm: boolean,
  ctx: Context,
): Promise<QemuProcess> {
  const tpm = withTpm ? await startTpm(folder, ref, ctx) : undefined
  let running: Running
  try {
    running = await startMarked(program, argv, folder, ref)
  } catch (error) {
    tpm?.kill('SIGKILL')
    throw error
  }
  const startTime = (await processStartTime(running.pid)) ?? 'gone'
  void running.exited.then(() => tpm?.kill('SIGKILL'))
  return {
    details: { pid: running.pid, startTime },
    ended: running.exited,
    async kill() {
      running.kill('SIGKILL')
      tpm?.kill('SIGKILL')
      await running.exited
      await tpm?.exited
    },
  }
}

/** A process of an earlier runner, proven by its mark; `others` are the machine's further processes (its TPM). */
export function findQemu(
  target: { readonly pid: number; readonly startTime: string },
  others: readonly { readonly pid: number; readonly startTime: string }[],
  ctx: Pick<Context, 'clock'>,
): QemuProcess {
  const forever = { clock: ctx.clock, signal: new AbortController().signal }
  // No event tells the end of a process that is not our child; only sweeps and resumes come here.
  const ended = processGone(target, forever, Number.POSITIVE_INFINITY, 200).then((): ProcessEnd => ({
    exitCode: undefined,
    signal: undefined,
    stderr: '',
  }))
  return {
    details: { pid: target.pid, startTime: target.startTime },
    ended,
    async kill() {
      for (const each of [target, ...others]) await killMarkedProcess(each)
      await ended
    },
  }
}

async function startTpm(folder: string, ref: MachineRef, ctx: Context): Promise<Running> {
  await mkdir(`${folder}/${MACHINE_FILES.tpmFolder}`, { recursive: true, mode: 0o700 })
  const tpm = await startMarked(
    'swtpm',
    [
      'socket',
      '--tpm2',
      '--terminate',
      '--tpmstate',
      `dir=${MACHINE_FILES.tpmFolder}`,
      '--ctrl',
      `type=unixio,path=${MACHINE_FILES.tpmSocket}`,
    ],
    folder,
    ref,
  )
  let end: string | undefined
  void tpm.exited.then(({ stderr }) => (end = stderr))
  const deadline = Math.min(ctx.deadline, ctx.clock.now() + TPM_READY_MS)
  for (;;) {
    try {
      ctx.signal.throwIfAborted()
      if (end !== undefined) throw new AppError('HOST_TPM_FAILED', 'host', `swtpm ended at its start: ${end}`)
      // Not by connecting: with --terminate the end of a connection would end swtpm.
      await access(`${folder}/${MACHINE_FILES.tpmSocket}`)
      return tpm
    } catch (error) {
      if (error instanceof AppError || ctx.signal.aborted || ctx.clock.now() >= deadline) {
        tpm.kill('SIGKILL')
        throw ctx.clock.now() >= deadline ? new DeadlineError('the start of swtpm', deadline) : error
      }
      await ctx.clock.sleep(10, ctx.signal)
    }
  }
}
