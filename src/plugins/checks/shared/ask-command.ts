/** Runs a command of a product's file in the guest, as a question: what it ends with and what it says. */
import { DeadlineError } from '../../../kit/deadline.ts'
import { oneLine } from '../../../kit/text.ts'
import type { GuestCommand } from '../../../model/command.ts'
import { AppError } from '../../../model/errors.ts'
import type { Fact } from '../../../model/observation.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Target } from '../../../sdk/installer.ts'
import { blind } from './look.ts'

export interface CommandAnswer {
  /** Absent when it could not be started or did not end in time. */
  readonly exitCode?: number
  /** Its first line, or why there is none; bounded. */
  readonly said: string
  /** All that it wrote to standard output, in one bounded line. */
  readonly output: string
  /** It gave no answer in all the time that it had. */
  readonly hangs?: boolean
}

const SECONDS = 60
const OUTPUT = 1500
/** What is left of a check's time when a command is given up, so that the check can still tell of it. */
const MARGIN_MS = 2000
/** What each of those that are still to be asked gets at least, however many hang. */
const LEAST_MS = 10_000

/** How long the next of so many commands may take, so that the others are asked, too. */
export function shareOf(count: number, ctx: Context): number {
  const left = ctx.deadline - MARGIN_MS - ctx.clock.now()
  return Math.max(LEAST_MS, left - (count - 1) * LEAST_MS)
}

/**
 * Looks at one more thing. Where the check's time is over and a failure was already `seen`, the failure is told and the thing was
 * not looked at. @throws what `ask` throws in every other case
 */
export async function keepingFailures(
  subject: string,
  seen: readonly Fact[],
  ask: () => Promise<readonly Fact[]>,
): Promise<readonly Fact[]> {
  try {
    return await ask()
  } catch (error) {
    const failed = seen.some((fact) => fact.kind === 'expectation' && !fact.holds)
    if (!(error instanceof DeadlineError) || !failed) throw error
    return [blind(subject, 'what failed before it took all the time of the check')]
  }
}

/**
 * A command that cannot even be started is an answer, as its program may be what was quarantined; so is a command that hangs. It
 * gets the time that its file gives it, but at most `limitMs`.
 * @throws ChannelLost; DeadlineError where the check had less time left than that, and no answer came in it
 */
export async function askCommand(
  command: GuestCommand,
  target: Target,
  ctx: Context,
  limitMs = Infinity,
): Promise<CommandAnswer> {
  const secrets = Object.entries(command.secretEnvironment ?? {}).map(([name, secret]) => [
    name,
    target.secret(secret),
  ])
  const environment: Record<string, string> = { ...command.environment, ...Object.fromEntries(secrets) }
  const declared = (command.timeoutSeconds ?? SECONDS) * 1000
  const allowed = Math.min(declared, limitMs)
  const left = ctx.deadline - MARGIN_MS - ctx.clock.now()
  const deadline = ctx.clock.now() + Math.min(allowed, left)
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
      { ...ctx, deadline },
    )
    const stdout = result.stdout.toString('utf8')
    const [first = ''] = `${stdout}\n${result.stderr.toString('utf8')}`.trim().split('\n')
    return { exitCode: result.exitCode, said: oneLine(first, 300), output: oneLine(stdout, OUTPUT) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof AppError && error.code.startsWith('GUEST_'))
      return { said: oneLine(message, 300), output: '' }
    if (error instanceof DeadlineError && allowed <= left)
      return { said: `did not answer within ${Math.round(allowed / 1000)} s`, output: '', hangs: true }
    throw error
  }
}
