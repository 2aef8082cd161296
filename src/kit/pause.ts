/** Lets a long computation be interrupted. */
import { monotonicMs, nextTurn } from './clock.ts'

/** The longest time for which other work of this process waits: a person who presses Ctrl-C does not notice it. */
const LONGEST_TURN_MS = 50

/**
 * A function to call again and again in a long loop: now and then it lets signals and timers have their turn.
 * It rejects with the signal's reason once that is aborted.
 */
export function pauser(signal?: AbortSignal): () => Promise<void> | undefined {
  let begun = monotonicMs()
  const giveWay = async (): Promise<void> => {
    await nextTurn()
    begun = monotonicMs()
    signal?.throwIfAborted()
  }
  return () => (monotonicMs() - begun < LONGEST_TURN_MS ? undefined : giveWay())
}
