/** Deadlines are instants, so that nested calls cannot add up beyond them. */
import type { Clock, Instant } from './clock.ts'
import { Aborter, whenAborted } from './when-aborted.ts'

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
    const inner = new Aborter()
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
      reject(reason)
    }
    if (parent !== undefined) endings.push(whenAborted(parent, () => stop(parent.reason)))
    endings.push(watch(stop))
    const failed = (error: unknown): void => {
      end()
      reject(error)
    }
    try {
      work(inner.signal).then((value) => {
        end()
        return resolve(value)
      }, failed)
    } catch (error) {
      failed(error)
    }
  })
}

interface Work {
  readonly what: string
  readonly deadline: Instant
  readonly reject: (reason: unknown) => void
}

/**
 * What `withDeadline` is for one piece of work, for thousands of short ones, one after the other: they share a signal until one of them
 * is stopped, and an alarm that is set again only when it goes off.
 */
export class DeadlineScope {
  readonly #clock: Clock
  readonly #parent: AbortSignal
  readonly #forget: () => void
  #inner: Aborter | undefined
  #current: Work | undefined
  #alarm: { readonly at: Instant; readonly cancel: () => void } | undefined

  constructor(clock: Clock, parent: AbortSignal) {
    this.#clock = clock
    this.#parent = parent
    this.#forget = whenAborted(parent, () => this.stop(parent.reason))
  }

  /** @throws DeadlineError, the reason of `stop` or of the parent's abort, what the work throws; RangeError while other work runs */
  run<T>(what: string, deadline: Instant, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#parent.throwIfAborted()
      if (this.#current !== undefined) throw new RangeError(`${this.#current.what} is still at work`)
      const current: Work = { what, deadline, reject }
      this.#current = current
      this.#setAlarm(deadline)
      const end = (): void => {
        if (this.#current === current) this.#current = undefined
      }
      const failed = (error: unknown): void => {
        end()
        reject(error)
      }
      try {
        this.#inner ??= new Aborter()
        work(this.#inner.signal).then((value) => {
          end()
          return resolve(value)
        }, failed)
      } catch (error) {
        failed(error)
      }
    })
  }

  /** Ends the work that goes on now, even if it ignores its signal; the next gets a new one. */
  stop(reason: unknown): void {
    const current = this.#current
    if (current === undefined) return
    const inner = this.#inner
    this.#current = undefined
    this.#inner = undefined
    inner?.abort(reason)
    current.reject(reason)
  }

  /** Nothing is listened to any more; no work may be going on. */
  close(): void {
    this.#forget()
    this.#alarm?.cancel()
  }

  #setAlarm(deadline: Instant): void {
    if (this.#alarm !== undefined && this.#alarm.at <= deadline) return
    this.#alarm?.cancel()
    const cancel = alarmOf(this.#clock, Math.max(0, deadline - this.#clock.now()), () => this.#onAlarm())
    this.#alarm = { at: deadline, cancel }
  }

  #onAlarm(): void {
    this.#alarm = undefined
    const current = this.#current
    if (current === undefined) return
    if (this.#clock.now() < current.deadline) this.#setAlarm(current.deadline)
    else this.stop(new DeadlineError(current.what, current.deadline))
  }
}

function alarmOf(clock: Clock, milliseconds: number, action: () => void): () => void {
  if (clock.alarm !== undefined) return clock.alarm(milliseconds, action)
  const timer = new AbortController()
  void clock.sleep(milliseconds, timer.signal).then(action, () => undefined)
  return () => timer.abort(NOT_NEEDED)
}
