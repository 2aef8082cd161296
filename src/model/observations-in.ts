/** What an event of the journal says was seen. */
import type { RunEvent } from './event.ts'
import type { Observation } from './observation.ts'

const NONE: readonly Observation[] = []

/** The observations that an event holds; most events hold none. */
export function observationsIn(event: RunEvent): readonly Observation[] {
  if (event.type === 'observed') return [event.observation]
  return event.type === 'check-ran' ? (event.observations ?? NONE) : NONE
}
