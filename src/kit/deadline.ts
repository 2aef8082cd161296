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
  const timer = new AbortController()
  const abortInner = (): void => inner.abort(parent?.reason)
  parent?.addEventListener('abort', abortInner, { once: true })
  const stopped = new Promise<never>((_, reject) => {
    inner.signal.addEventListener('abort', () => reject(inner.signal.reason as Error), { once: true })
  })
  stopped.catch(() => undefined)
  void clock.sleep(Math.max(0, deadline - clock.now()), timer.signal).then(
    () => inner.abort(new DeadlineError(what, deadline)),
    () => undefined,
  )
  try {
    return await Promise.race([work(inner.signal), stopped])
  } finally {
    timer.abort(NOT_NEEDED)
    parent?.removeEventListener('abort', abortInner)
  }
}
