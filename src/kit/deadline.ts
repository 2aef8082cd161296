/** Deadlines are instants, so that nested calls cannot add up beyond them. */
import type { Clock, Instant } from './clock.ts'

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

/**
 * Runs `work` with a signal that aborts when `parent` does or when the deadline passes, and settles at that moment
 * even if `work` ignores its signal.
 * @throws DeadlineError when the deadline passed, the parent's reason when it aborted, else what `work` throws.
 */
export async function withDeadline<T>(
  what: string,
  options: { readonly clock: Clock; readonly deadline: Instant; readonly signal?: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, deadline, signal: parent } = options
  parent?.throwIfAborted()
  const inner = new AbortController()
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  stopped.catch(() => undefined)
  const stop = (reason: unknown): void => {
    inner.abort(reason)
    reject(reason)
  }
  const abortInner = (): void => stop(parent?.reason)
  parent?.addEventListener('abort', abortInner, { once: true })
  const cancel = alarmOf(clock, Math.max(0, deadline - clock.now()), () =>
    stop(new DeadlineError(what, deadline)),
  )
  try {
    return await Promise.race([work(inner.signal), stopped])
  } finally {
    cancel()
    parent?.removeEventListener('abort', abortInner)
  }
}

function alarmOf(clock: Clock, milliseconds: number, action: () => void): () => void {
  if (clock.alarm !== undefined) return clock.alarm(milliseconds, action)
  const timer = new AbortController()
  void clock.sleep(milliseconds, timer.signal).then(action, () => undefined)
  return () => timer.abort(NOT_NEEDED)
}
