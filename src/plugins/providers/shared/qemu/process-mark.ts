/**
 * Proves that a process is one of ours before anything is done to it. Each process of a machine carries a mark in its
 * environment (readable by its owner alone); together with its start time no reused process id can pass for it.
 */
import { readFile, readdir } from 'node:fs/promises'
import type { Instant } from '../../../../kit/clock.ts'
import { DeadlineError } from '../../../../kit/deadline.ts'
import { MachineRefSchema, type MachineRef } from '../../../../model/machine-ref.ts'
import type { Context } from '../../../../sdk/context.ts'

const VARIABLE = 'RINGZERO_MACHINE'
const POLL_MS = 15

/** A process that outlived the program that started it. */
export interface MarkedProcess {
  readonly pid: number
  /** Clock ticks from the computer's boot to the process's start, and the boot's id. */
  readonly startTime: string
  readonly ref: MachineRef
}

/** The environment of a machine's processes. `ref.details.folder` names its folder. */
export function markEnvironment(ref: MachineRef): Readonly<Record<string, string>> {
  return { [VARIABLE]: JSON.stringify(ref) }
}

/** When a live process started (proc(5), `stat` field 22, with the boot's id); undefined when there is none or it is a zombie. */
export async function processStartTime(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything; the fields go on behind its last ")".
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return `${fields[19] ?? ''}@${(await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()}`
  } catch {
    return undefined
  }
}

/** All live processes of this user that carry a mark of ringzero. */
export async function findMarkedProcesses(): Promise<MarkedProcess[]> {
  const names = await readdir('/proc').catch(() => [])
  const found = await Promise.all(
    names.filter((name) => /^[0-9]+$/.test(name)).map((name) => readMarkedProcess(Number(name))),
  )
  return found.filter((entry) => entry !== undefined)
}

async function readMarkedProcess(pid: number): Promise<MarkedProcess | undefined> {
  if (pid === process.pid) return undefined
  const before = await processStartTime(pid)
  if (before === undefined) return undefined
  const ref = await readMark(pid)
  if (ref === undefined || (await processStartTime(pid)) !== before) return undefined
  return { pid, startTime: before, ref }
}

async function readMark(pid: number): Promise<MachineRef | undefined> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8')
    const entry = environment.split('\0').find((variable) => variable.startsWith(`${VARIABLE}=`))
    if (entry === undefined) return undefined
    return MachineRefSchema.parse(JSON.parse(entry.slice(VARIABLE.length + 1)))
  } catch {
    return undefined
  }
}

/** Kills a process if it is still the process that was seen; a reused process id is not killed. */
export async function killMarkedProcess(target: Pick<MarkedProcess, 'pid' | 'startTime'>): Promise<void> {
  if ((await processStartTime(target.pid)) !== target.startTime) return
  try {
    process.kill(target.pid, 'SIGKILL')
  } catch {
    // It ended in between.
  }
}

/** Resolves when the process is gone. @throws DeadlineError, the signal's reason */
export async function processGone(
  target: Pick<MarkedProcess, 'pid' | 'startTime'>,
  ctx: Pick<Context, 'clock' | 'signal'>,
  deadline: Instant,
  pollMs = POLL_MS,
): Promise<void> {
  while ((await processStartTime(target.pid)) === target.startTime) {
    if (ctx.clock.now() >= deadline) throw new DeadlineError(`the end of process ${target.pid}`, deadline)
    await ctx.clock.sleep(pollMs, ctx.signal)
  }
}
