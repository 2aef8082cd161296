/** What every asynchronous call of the house takes. */
import type { Clock, Instant } from '../kit/clock.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Text for people; secrets are masked behind it. Nothing reads it back. */
export interface Logger {
  log(level: LogLevel, message: string, facts?: Readonly<Record<string, unknown>>): void
}

export interface Context {
  /** Aborts when the caller gave up; a call then stops soon and rejects with the signal's reason. */
  readonly signal: AbortSignal
  /** An instant, not a duration: nested calls cannot add up beyond it. */
  readonly deadline: Instant
  readonly log: Logger
  readonly clock: Clock
}
