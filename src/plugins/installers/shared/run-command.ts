/** Runs the commands of a recipe: a program and its arguments, never a line for a shell. */
import { DeadlineError } from '../../../kit/deadline.ts'
import { oneLine } from '../../../kit/text.ts'
import type { GuestCommand } from '../../../model/command.ts'
import { AppError } from '../../../model/errors.ts'
import type { Context } from '../../../sdk/context.ts'
import type { InstallFactOf, Target } from '../../../sdk/installer.ts'

export interface CommandResult {
  readonly outcome: InstallFactOf['outcome']
  /** Absent when it did not end in time or could not be started. */
  readonly exitCode?: number
  readonly detail: string
}

type ExitCodes = Readonly<Record<string, InstallFactOf['outcome']>>

/** 3010 is the Windows installer's "done, restart required" (ERROR_SUCCESS_REBOOT_REQUIRED), kept by many others. */
const EXIT_CODES: ExitCodes = { '0': 'ok', '3010': 'reboot' }
/** Another installation runs, or the like: worth a few more tries before it counts. */
const TRIES = 4
const RETRY_AFTER_MS = 5000
const SHOWN = 500

/**
 * Runs one command; an exit code is decoded by `exitCodes` (the recipe's, on top of 0 and 3010), unknown codes fail.
 * A code that means "retry" is tried four times, 5 s apart. `files` is put in place of `${files}` in arguments and
 * in values of the environment: there a script can read it as data.
 */
export async function runCommand(
  command: GuestCommand,
  target: Target,
  ctx: Context,
  options: { readonly files?: string; readonly exitCodes?: ExitCodes } = {},
): Promise<CommandResult> {
  for (let left = TRIES - 1; ; left -= 1) {
    const result = await runOnce(command, target, ctx, options)
    if (result.outcome !== 'retry' || left === 0) return result
    await ctx.clock.sleep(RETRY_AFTER_MS, ctx.signal)
  }
}

async function runOnce(
  command: GuestCommand,
  target: Target,
  ctx: Context,
  options: { readonly files?: string; readonly exitCodes?: ExitCodes },
): Promise<CommandResult> {
  const name = oneLine(command.program, 120)
  const own =
    command.timeoutSeconds === undefined ? Infinity : ctx.clock.now() + command.timeoutSeconds * 1000
  const deadline = Math.min(ctx.deadline, own)
  try {
    const result = await target.guest.exec(
      {
        program: withFiles(command.program, options.files),
        arguments: command.arguments.map((argument) => withFiles(argument, options.files)),
        ...(command.input === undefined ? {} : { input: command.input }),
        ...environmentOf(command, target, options.files),
        maximumBytes: 65_536,
        mayLeaveProcesses: true,
      },
      { ...ctx, deadline },
    )
    const outcome = outcomeOf(result.exitCode, joinExitCodes(EXIT_CODES, options.exitCodes ?? {}))
    const said = oneLine(`${result.stdout.toString('utf8')}\n${result.stderr.toString('utf8')}`, SHOWN)
    const detail = `${name} ended with ${result.exitCode}${said === '' ? '' : `: ${said}`}`
    return { outcome, exitCode: result.exitCode, detail }
  } catch (error) {
    if (error instanceof DeadlineError && deadline < ctx.deadline) {
      return { outcome: 'failed', detail: `${name} did not end within ${command.timeoutSeconds} s` }
    }
    // The guest could not start it; a lost link or a passed deadline is the caller's business.
    if (error instanceof AppError && error.code.startsWith('GUEST_')) {
      return { outcome: 'failed', detail: `${name} could not be run: ${oneLine(error.message, SHOWN)}` }
    }
    throw error
  }
}

/**
 * One table by 32-bit code without a sign, in which a later row replaces an earlier one however each spells the code: the same 32 bits
 * are written with a sign, without, and in hexadecimal.
 */
export function joinExitCodes<O extends InstallFactOf['outcome']>(
  ...tables: readonly Readonly<Record<string, O>>[]
): Record<string, O> {
  return Object.fromEntries(
    tables.flatMap((table) => Object.entries(table).map(([code, outcome]) => [Number(code) >>> 0, outcome])),
  )
}

function outcomeOf(exitCode: number, exitCodes: ExitCodes): InstallFactOf['outcome'] {
  return exitCodes[exitCode >>> 0] ?? 'failed'
}

function withFiles(text: string, files: string | undefined): string {
  return files === undefined ? text : text.replaceAll('${files}', () => files)
}

/** Nothing when the recipe says nothing: then the program gets what the guest's agent has. */
function environmentOf(
  command: GuestCommand,
  target: Target,
  files: string | undefined,
): { readonly environment?: Readonly<Record<string, string>> } {
  const { environment = {}, secretEnvironment = {} } = command
  const secrets = Object.entries(secretEnvironment).map(
    ([name, secret]) => [name, target.secret(secret)] as const,
  )
  const plain = Object.entries(environment).map(([name, text]) => [name, withFiles(text, files)] as const)
  const all = { ...Object.fromEntries(plain), ...Object.fromEntries(secrets) }
  return Object.keys(all).length === 0 ? {} : { environment: all }
}

/** True when a command names the transfer folder. */
export function needsFiles(commands: readonly GuestCommand[]): boolean {
  return commands.some((command) =>
    [command.program, ...command.arguments, ...Object.values(command.environment ?? {})].some((word) =>
      word.includes('${files}'),
    ),
  )
}
