/** Ctrl-C once: stop in order. Twice: at once. */
import { after } from '../kit/clock.ts'
import { AppError } from '../model/errors.ts'

const controller = new AbortController()
let count = 0

/** Aborts at the first SIGINT, SIGTERM or SIGHUP. */
export const interruption: AbortSignal = controller.signal

/** What may still be said after the first of them: a person who stops a run waits for its machines, not for its reports. */
const AFTERWARDS_MS = 3000

/** Aborts so long after the first of them, for work that is done for a run that was stopped. */
export function afterwards(): AbortSignal {
  const stop = new AbortController()
  const wait = (): void => void after(AFTERWARDS_MS, () => stop.abort(interruption.reason))
  if (interruption.aborted) wait()
  else interruption.addEventListener('abort', wait, { once: true })
  return stop.signal
}

/** Counts one more signal. @returns true when the process should end at once */
export function interrupt(name: string): boolean {
  count += 1
  if (count === 1) controller.abort(new AppError('INTERRUPTED', 'cancelled', `stopped by ${name}`))
  return count > 1
}
