/** A clock that jumps: when nothing real is going on, it is at once the time that the next sleeper waits for. */
import { whenIdle, type Clock, type Instant } from '../../../kit/clock.ts'

interface Sleeper {
  readonly at: Instant
  readonly order: number
  wake: (() => void) | undefined
}

/** Two hours of soak take milliseconds on it; the order of events is that of a real clock. */
export function virtualClock(start: Instant): Clock {
  const heap: Sleeper[] = []
  let now = start
  let order = 0
  let jumping = false
  const jump = (): void => {
    jumping = false
    let next = heap[0]
    while (next !== undefined && next.wake === undefined) {
      pop(heap)
      next = heap[0]
    }
    if (next === undefined) return
    pop(heap)
    now = Math.max(now, next.at)
    next.wake?.()
    plan()
  }
  const plan = (): void => {
    if (jumping || heap.length === 0) return
    jumping = true
    whenIdle(jump)
  }
  return {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason as Error)
        const onAbort = (): void => {
          sleeper.wake = undefined
          reject(signal?.reason as Error)
        }
        const sleeper: Sleeper = {
          at: now + Math.max(0, milliseconds),
          order: (order += 1),
          wake: () => {
            signal?.removeEventListener('abort', onAbort)
            resolve()
          },
        }
        signal?.addEventListener('abort', onAbort, { once: true })
        push(heap, sleeper)
        plan()
      }),
  }
}

function before(a: Sleeper, b: Sleeper): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function push(heap: Sleeper[], sleeper: Sleeper): void {
  heap.push(sleeper)
  for (let at = heap.length - 1; at > 0;) {
    const parent = (at - 1) >> 1
    if (!before(sleeper, heap[parent] as Sleeper)) break
    swap(heap, at, parent)
    at = parent
  }
}

function pop(heap: Sleeper[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  heap[0] = last
  for (let at = 0; ;) {
    let least = at
    for (const child of [2 * at + 1, 2 * at + 2])
      if (child < heap.length && before(heap[child] as Sleeper, heap[least] as Sleeper)) least = child
    if (least === at) break
    swap(heap, at, least)
    at = least
  }
}

function swap(heap: Sleeper[], a: number, b: number): void {
  const kept = heap[a] as Sleeper
  heap[a] = heap[b] as Sleeper
  heap[b] = kept
}
