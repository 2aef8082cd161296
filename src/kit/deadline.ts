/** Deadlines are instants, so that nested calls cannot add up beyond them. */
import type { Clock, Instant } from './clock.ts'
import { whenAborted } from './when-aborted.ts'

/** Thrown when an instant passed before the work was done. */
export class DeadlineError extends Error {
  readonly deadline: Instant
  constructor(what: string, deadline: Instant) {
    super(`${what} was not done before its deadline`)
    this.name = 'DeadlineError'
    this.deadline = deadline
  }
}

/** Says that a timer is not needed any more. One for all: an abort without a reason makes an error with its stack each time. */
const NOT_NEEDED = new Error('the work was done in time')

export interface DeadlineOptions {
  readonly clock: Clock
  readonly deadline: Instant
  readonly signal?: AbortSignal
}

/**
 * Runs `work` with a signal that aborts when the caller's does or when the deadline passes, and settles at that moment
 * even if `work` ignores its signal.
 * @throws DeadlineError when the deadline passed, the caller's reason when it aborted, else what `work` throws
 */
export function withDeadline<T>(
  what: string,
  { clock, deadline, signal }: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return untilStopped(signal, work, (stop) =>
    alarmOf(clock, Math.max(0, deadline - clock.now()), () => stop(new DeadlineError(what, deadline))),
  )
}

/**
 * Runs `work` with a signal that aborts when `parent` does or when what `watch` listens to calls `stop`, and settles at that moment even
 * if `work` ignores its signal. `watch` returns what ends its listening.
 * @throws the reason of the first stop, else what `work` throws
 */
export function untilStopped<T>(
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  watch: (stop: (reason: unknown) => void) => () => void,
): Promise<T> {
  if (parent?.aborted === true) return Promise.reject(parent.reason as Error)
  return new Promise((resolve, reject) => {
    const inner = new AbortController()
    let ended = false
    const endings: (() => void)[] = []
    const end = (): void => {
      ended = true
      for (const ending of endings) ending()
    }
    const stop = (reason: unknown): void => {
      if (ended) return
      end()
      inner.abort(reason)
      reject(reason as Error)
    }
    if (parent !== undefined) endings.push(whenAborted(parent, () => stop(parent.reason)))
    endings.push(watch(stop))
    const failed = (error: unknown): void => {
      end()
      reject(error as Error)
    }
    try {
      work(inner.signal).then((value) => {
        end()
        resolve(value)
      }, failed)
    } catch (error) {
      failed(error)
    }
  })
}

/** Calls `action` after so long, unless the returned function is called before. */
export function alarmOf(clock: Clock, milliseconds: number, action: () => void): () => void {
  if (clock.alarm !== undefined) return clock.alarm(milliseconds, action)
  const timer = new AbortController()
  void clock.sleep(milliseconds, timer.signal).then(action, () => undefined)
  return () => timer.abort(NOT_NEEDED)
}
