/** What is tried again while the database is away. */
import { systemClock } from '../kit/clock.ts'
import { isAway } from './database.ts'

/**
 * Does `work` again and again while the database is away, which `onAway` is told each time.
 * @throws any other error, and the last one when `stop` aborts
 */
export async function patiently<T>(
  work: () => Promise<T>,
  pauseMs: number,
  stop: AbortSignal,
  onAway: (error: unknown) => void,
): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isAway(error) || stop.aborted) throw error
      onAway(error)
      await pause(pauseMs, stop)
    }
  }
}

/** Waits, at most until `stop` aborts. */
export async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  await systemClock.sleep(milliseconds, stop).catch(() => undefined)
}
