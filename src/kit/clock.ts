/** Time as a value that can be passed in. The only file that reads clocks or sets timers. */
import { whenAborted } from './when-aborted.ts'

/** Milliseconds since 1970 (UTC). */
export type Instant = number

export interface Clock {
  now(): Instant
  /** Calls `action` after `milliseconds`, unless the returned function is called before. Absent: `sleep` is used. */
  alarm?(milliseconds: number, action: () => void): () => void
  /** Resolves after `milliseconds`, or rejects with the signal's reason as soon as it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/** A timer with more than this fires at once (Node keeps a signed 32-bit number of milliseconds). */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The computer's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  alarm(milliseconds, action) {
    const end = Date.now() + milliseconds
    const wait = (): void => {
      const left = end - Date.now()
      timer = left > LONGEST_TIMER_MS ? setTimeout(wait, LONGEST_TIMER_MS) : setTimeout(action, left)
    }
    let timer: NodeJS.Timeout | undefined
    wait()
    return () => clearTimeout(timer)
  },
  sleep(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error)
      const forget =
        signal === undefined
          ? undefined
          : whenAborted(signal, () => {
              clearTimeout(timer)
              reject(signal.reason as Error)
            })
      const end = Date.now() + milliseconds
      const wait = (): void => {
        const left = end - Date.now()
        if (left > LONGEST_TIMER_MS) {
          timer = setTimeout(wait, LONGEST_TIMER_MS)
          return
        }
        timer = setTimeout(() => {
          forget?.()
          resolve()
        }, left)
      }
      let timer: NodeJS.Timeout | undefined
      wait()
    })
  },
}

/** Calls `action` every `milliseconds` until the returned function is called; does not keep the process alive. */
export function every(milliseconds: number, action: () => void): () => void {
  const timer = setInterval(action, milliseconds)
  timer.unref()
  return () => clearInterval(timer)
}

/** Calls `action` once after `milliseconds`, unless the returned function is called before; does not keep the process alive. */
export function after(milliseconds: number, action: () => void): () => void {
  const timer = setTimeout(action, milliseconds)
  timer.unref()
  return () => clearTimeout(timer)
}

/** Resolves when timers, signals and finished file operations have had their turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Milliseconds on a clock that never jumps; only differences mean something. */
export function monotonicMs(): number {
  return performance.now()
}

/** `2026-11-22T19:52:00.000Z` of an instant. */
export function formatInstant(instant: Instant): string {
  return new Date(instant).toISOString()
}

/** A file operation, or the end of an open file, as Node 24 calls them. */
const FILE_OPERATIONS: ReadonlySet<string> = new Set(['FSReqPromise', 'FSReqCallback', 'CloseReq'])

/** In so many turns a file operation mostly ends. An operation that takes longer is looked for by a timer: to look all the time takes a processor. */
const TURNS_LOOKED_AT = 8
const LOOK_EVERY_MS = 1

/** File operations that the system refused for the moment and that are asked for again after a pause. */
let refusedForNow = 0

/** Does `work`, which tries a file operation again and again; until it has ended, `whenIdle` takes the operation as under way. */
export async function asOneFileOperation<T>(work: () => Promise<T>): Promise<T> {
  refusedForNow += 1
  try {
    return await work()
  } finally {
    refusedForNow -= 1
  }
}

/** Calls `action` when nothing that this process waits for is on its way: no file operation, nothing left in this turn. */
export function whenIdle(action: () => void): void {
  let wanted = 1
  let quietTurns = 0
  let busyTurns = 0
  const look = (): void => {
    const busy =
      refusedForNow > 0 || process.getActiveResourcesInfo().some((name) => FILE_OPERATIONS.has(name))
    // One quiet turn can lie between a file operation's end and the next operation that its result starts.
    if (busy) wanted = 2
    quietTurns = busy ? 0 : quietTurns + 1
    busyTurns = busy ? busyTurns + 1 : 0
    if (busyTurns >= TURNS_LOOKED_AT) setTimeout(look, LOOK_EVERY_MS)
    else if (quietTurns < wanted) setImmediate(look)
    else action()
  }
  setImmediate(look)
}
