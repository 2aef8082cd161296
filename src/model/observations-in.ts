/** What an event of the journal says was seen. */
import type { RunEvent } from './event.ts'
import type { Fact, Observation } from './observation.ts'

/** One look of a check, as the journal has it: what its facts share stands once. */
export type Look = Omit<
  Extract<RunEvent, { readonly type: 'check-ran' }>,
  'type' | 'cell' | 'arm' | 'attempt'
>

const NO_FACTS: readonly Fact[] = []
const NO_OBSERVATIONS: readonly Observation[] = []

/** The facts that an event holds; most events hold none. */
export function factsIn(event: RunEvent): readonly Fact[] {
  if (event.type === 'observed') return [event.observation.fact]
  return event.type === 'check-ran' ? (event.facts ?? NO_FACTS) : NO_FACTS
}

/** The observations that an event holds; most events hold none. */
export function observationsIn(event: RunEvent): readonly Observation[] {
  if (event.type === 'observed') return [event.observation]
  return event.type === 'check-ran' ? observationsOfLook(event) : NO_OBSERVATIONS
}

/** The facts of a look as observations, each by itself. */
export function observationsOfLook({ at, phase, check, facts = [] }: Look): readonly Observation[] {
  return facts.map((fact) => ({ at, phase, source: check, fact, evidence: [] }))
}
