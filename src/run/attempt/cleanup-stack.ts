/** Undoes in reverse what was done, on a clock of its own: the deadline that failed the work must not also fail the tidying up. */
import type { Clock } from '../../kit/clock.ts'
import { withDeadline } from '../../kit/deadline.ts'
import { oneLine } from '../../kit/text.ts'
import type { Context, Logger } from '../../sdk/context.ts'

/** What could not be undone: its name and why. */
export interface CleanupFailure {
  readonly what: string
  readonly reason: string
}

export class CleanupStack {
  readonly #undos: { readonly what: string; readonly undo: (ctx: Context) => Promise<void> }[] = []

  /** Remembers how to undo something; call it before the something can have happened. */
  push(what: string, undo: (ctx: Context) => Promise<void>): void {
    this.#undos.push({ what, undo })
  }

  /** Runs and forgets everything, last first, each within `eachMs`; a step that fails does not stop the others. */
  async unwind(
    clock: Clock,
    log: Logger,
    eachMs: number,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<readonly CleanupFailure[]> {
    const failures: CleanupFailure[] = []
    for (let entry = this.#undos.pop(); entry !== undefined; entry = this.#undos.pop()) {
      const { what, undo } = entry
      const deadline = clock.now() + eachMs
      try {
        await withDeadline(what, { clock, deadline, signal }, (inner) =>
          undo({ signal: inner, deadline, log, clock }),
        )
      } catch (error) {
        failures.push({ what, reason: oneLine(error instanceof Error ? error.message : String(error)) })
        log.log('warn', `could not undo: ${what}`, { reason: failures.at(-1)?.reason })
      }
    }
    return failures
  }
}
