/** A clock that jumps: when nothing real is going on, it is at once the time that the next sleeper waits for. */
import { whenIdle, type Clock, type Instant } from '../../../kit/clock.ts'
import { whenAborted } from '../../../kit/when-aborted.ts'

interface Sleeper {
  readonly at: Instant
  readonly order: number
  wake: (() => void) | undefined
}

/** Its hand moves in steps, as a system's timer does: what machines wait for falls together and costs one jump. */
const STEP_MS = 100

/** Fewer than this are not worth being cleared away. */
const FEWEST_CLEARED = 256

/** Two hours of soak take milliseconds on it; the order of events is that of a real clock. */
export function virtualClock(start: Instant): Clock {
  const due = (milliseconds: number): Instant =>
    milliseconds <= 0 ? now : start + Math.ceil((now + milliseconds - start) / STEP_MS) * STEP_MS
  let heap: Sleeper[] = []
  /** Sleepers in the heap that were called off: most are alarms of work that was done in time. */
  let off = 0
  const callOff = (sleeper: Sleeper): void => {
    if (sleeper.wake === undefined) return
    sleeper.wake = undefined
    off += 1
    if (off < FEWEST_CLEARED || off < heap.length / 2) return
    // A sorted list is a heap, too.
    heap = heap.filter(({ wake }) => wake !== undefined).sort((a, b) => (before(a, b) ? -1 : 1))
    off = 0
  }
  let now = start
  let order = 0
  let jumping = false
  const jump = (): void => {
    jumping = false
    let next = heap[0]
    while (next !== undefined && next.wake === undefined) {
      pop(heap)
      off -= 1
      next = heap[0]
    }
    if (next === undefined) return
    now = Math.max(now, next.at)
    // All that is due at this instant goes on together: what it writes down is one write.
    for (; next !== undefined && next.at <= now; next = heap[0]) {
      pop(heap)
      const { wake } = next
      if (wake === undefined) off -= 1
      // Called off from now on changes nothing.
      next.wake = undefined
      wake?.()
    }
    plan()
  }
  const plan = (): void => {
    if (jumping || heap.length === 0) return
    jumping = true
    whenIdle(jump)
  }
  return {
    now: () => now,
    alarm(milliseconds, action) {
      const sleeper: Sleeper = { at: due(milliseconds), order: (order += 1), wake: action }
      push(heap, sleeper)
      plan()
      return () => callOff(sleeper)
    },
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason as Error)
        const sleeper: Sleeper = {
          at: due(milliseconds),
          order: (order += 1),
          wake: () => {
            forget?.()
            resolve()
          },
        }
        const forget =
          signal === undefined
            ? undefined
            : whenAborted(signal, () => {
                callOff(sleeper)
                reject(signal.reason as Error)
              })
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
