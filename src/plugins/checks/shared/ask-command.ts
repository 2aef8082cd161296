/** Runs a command of a product's file in the guest, as a question: what it ends with and what it says. */
import { DeadlineError } from '../../../kit/deadline.ts'
import { oneLine } from '../../../kit/text.ts'
import type { GuestCommand } from '../../../model/command.ts'
import { AppError } from '../../../model/errors.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Target } from '../../../sdk/installer.ts'

export interface CommandAnswer {
  /** Absent when it could not be started or did not end in time. */
  readonly exitCode?: number
  /** Its first line, or why there is none; bounded. */
  readonly said: string
  /** All that it wrote to standard output, in one bounded line. */
  readonly output: string
}

const SECONDS = 60
const OUTPUT = 1500

/** A command that cannot even be started is an answer: its program may be what was quarantined. @throws ChannelLost, DeadlineError of `ctx` */
export async function askCommand(
  command: GuestCommand,
  target: Target,
  ctx: Context,
): Promise<CommandAnswer> {
  const secrets = Object.entries(command.secretEnvironment ?? {}).map(([name, secret]) => [
    name,
    target.secret(secret),
  ])
  const environment: Record<string, string> = { ...command.environment, ...Object.fromEntries(secrets) }
  const deadline = ctx.clock.now() + (command.timeoutSeconds ?? SECONDS) * 1000
  try {
    const result = await target.guest.exec(
      {
        program: command.program,
        arguments: command.arguments,
        ...(command.input === undefined ? {} : { input: command.input }),
        ...(Object.keys(environment).length === 0 ? {} : { environment }),
        maximumBytes: 16_384,
        mayLeaveProcesses: true,
      },
      { ...ctx, deadline: Math.min(deadline, ctx.deadline) },
    )
    const stdout = result.stdout.toString('utf8')
    const [first = ''] = `${stdout}\n${result.stderr.toString('utf8')}`.trim().split('\n')
    return { exitCode: result.exitCode, said: oneLine(first, 300), output: oneLine(stdout, OUTPUT) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof AppError && error.code.startsWith('GUEST_'))
      return { said: oneLine(message, 300), output: '' }
    if (error instanceof DeadlineError && deadline < ctx.deadline)
      return { said: `did not answer within ${command.timeoutSeconds ?? SECONDS} s`, output: '' }
    throw error
  }
}
