/** The Context that a use case works in. */
import { systemClock } from '../kit/clock.ts'
import type { Context, Logger } from '../sdk/context.ts'

/** Far enough that only a signal ends it: phases set deadlines of their own. */
const NO_DEADLINE_MS = 30 * 24 * 3600 * 1000

/** A context that ends with `signal`. */
export function workingContext(signal: AbortSignal, log: Logger = silentLogger): Context {
  return { signal, deadline: systemClock.now() + NO_DEADLINE_MS, log, clock: systemClock }
}

/** Drops what it gets. */
export const silentLogger: Logger = { log: () => undefined }
