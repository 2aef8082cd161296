/** How every command tells the error that ends it, oclif's own included. */
import { asAppError, AppError } from '../model/errors.ts'
import { formatError } from './format-error.ts'
import { printDocument, printLine } from './terminal.ts'

type Thrown = Error & { readonly code?: string; readonly oclif?: { readonly exit?: number } }

/** Whether it is how oclif ends a command that has said everything, not an error. */
export function isExit(thrown: unknown): thrown is Thrown {
  return thrown instanceof Error && (thrown as Thrown).code === 'EEXIT'
}

/**
 * Tells what was thrown: with `--json` among the arguments as a document on standard output, else in lines on standard error; of a
 * fault of ringzero also where it happened. A wrong command line is the user's error `USAGE`.
 */
export function tellError(thrown: unknown, commandLine: readonly string[]): AppError {
  const error = isUsageError(thrown) ? usageError(thrown) : asAppError(thrown)
  if (commandLine.includes('--json')) printDocument({ schema: 'ringzero/error/1', error: error.toRecord() })
  else printError(error)
  if (error.code.startsWith('BUG_') && error.cause instanceof Error) printLine(error.cause.stack ?? '')
  return error
}

/** Lines for people, with the place, what to do, and the code. */
export function printError(error: AppError): void {
  for (const line of formatError(error.toRecord(), process.cwd())) printLine(line)
}

function isUsageError(thrown: unknown): thrown is Error {
  return (
    thrown instanceof Error && !(thrown instanceof AppError) && (thrown as Thrown).oclif?.exit !== undefined
  )
}

function usageError(thrown: Error): AppError {
  const [message = 'wrong usage', ...more] = thrown.message.split('\n').filter((line) => line.trim() !== '')
  const hint = more.filter((line) => !line.startsWith('See more help')).join('; ')
  return new AppError('USAGE', 'user', message, { hint: hint === '' ? 'see --help' : `${hint}; see --help` })
}
