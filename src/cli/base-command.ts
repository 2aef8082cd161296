/** What all commands share: errors in the house's form, exit codes, `--json`. */
import { Command, Flags } from '@oclif/core'
import { EXIT, exitCodeOfFault } from './exit-codes.ts'
import { isExit, tellError } from './tell-error.ts'

/** `--json`: one document with a `schema` field on standard output, everything else on standard error. */
export const jsonFlag = Flags.boolean({ description: 'print one JSON document to standard output' })

export abstract class BaseCommand extends Command {
  /** Prints the error and ends with its code; oclif's own usage errors become exit 2. */
  override async catch(thrown: Error & { readonly oclif?: { readonly exit?: number } }): Promise<void> {
    if (isExit(thrown)) throw thrown
    this.exit(exitCodeOfFault(tellError(thrown, this.argv).fault))
  }

  /** Ends with this code. */
  protected finish(code: number): void {
    if (code !== EXIT.done) this.exit(code)
  }
}
