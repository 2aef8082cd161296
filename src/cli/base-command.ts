/** What all commands share: errors in the house's form, exit codes, `--json`. */
import { Command, Flags } from '@oclif/core'
import { asAppError, AppError } from '../model/errors.ts'
import { EXIT, exitCodeOfFault } from './exit-codes.ts'
import { formatError } from './format-error.ts'
import { printDocument, printLine } from './terminal.ts'

/** `--json`: one document with a `schema` field on standard output, everything else on standard error. */
export const jsonFlag = Flags.boolean({ description: 'print one JSON document to standard output' })

export abstract class BaseCommand extends Command {
  /** Prints the error and ends with its code; oclif's own usage errors become exit 2. */
  override async catch(thrown: Error & { readonly oclif?: { readonly exit?: number } }): Promise<void> {
    if (isExit(thrown)) throw thrown
    const error = isUsageError(thrown) ? usageError(thrown) : asAppError(thrown)
    if (this.argv.includes('--json')) printDocument({ schema: 'ringzero/error/1', error: error.toRecord() })
    else for (const line of formatError(error.toRecord(), process.cwd())) printLine(line)
    if (error.code.startsWith('BUG_') && error.cause instanceof Error) printLine(error.cause.stack ?? '')
    this.exit(exitCodeOfFault(error.fault))
  }

  /** Ends with this code. */
  protected finish(code: number): void {
    if (code !== EXIT.done) this.exit(code)
  }
}

function isExit(thrown: Error): boolean {
  return 'code' in thrown && thrown.code === 'EEXIT'
}

function isUsageError(thrown: Error & { readonly oclif?: { readonly exit?: number } }): boolean {
  return !(thrown instanceof AppError) && thrown.oclif?.exit !== undefined
}

function usageError(thrown: Error): AppError {
  const [message = 'wrong usage', ...more] = thrown.message.split('\n').filter((line) => line.trim() !== '')
  const hint = more.filter((line) => !line.startsWith('See more help')).join('; ')
  return new AppError('USAGE', 'user', message, { hint: hint === '' ? 'see --help' : `${hint}; see --help` })
}
