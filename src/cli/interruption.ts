/** Ctrl-C once: stop in order. Twice: at once. */
import { AppError } from '../model/errors.ts'

const controller = new AbortController()
let count = 0

/** Aborts at the first SIGINT, SIGTERM or SIGHUP. */
export const interruption: AbortSignal = controller.signal

/** Counts one more signal. @returns true when the process should end at once */
export function interrupt(name: string): boolean {
  count += 1
  if (count === 1) controller.abort(new AppError('INTERRUPTED', 'cancelled', `stopped by ${name}`))
  return count > 1
}
