/** One attempt as the rules look at it. */
import type { Fact, FactOf, Observation } from '../model/observation.ts'
import { PHASES_BEFORE_CANDIDATE } from '../model/phase.ts'
import type { AttemptState } from '../model/run-state.ts'

export type ObservationOf<K extends Fact['kind']> = Omit<Observation, 'fact'> & { readonly fact: FactOf<K> }

interface ByKind {
  readonly observations: readonly Observation[]
  /** How many observations there were when they were sorted. */
  readonly of: number
  readonly kinds: ReadonlyMap<Fact['kind'], readonly Observation[]>
}

/**
 * Each rule asks for one kind: a list is gone through once for all rules, not once for each. A cell is judged by a few attempts one after
 * the other, so the last lists are enough; a weak map of all of them would cost the collector more than the sorting saves.
 */
const SORTED: ByKind[] = []
const MOST_SORTED = 8
let oldest = 0

/** All observations of one kind, in the order in which they were written. */
export function observationsOf<K extends Fact['kind']>(
  { observations }: Pick<AttemptState, 'observations'>,
  kind: K,
): readonly ObservationOf<K>[] {
  const known = SORTED.find((one) => one.observations === observations && one.of === observations.length)
  return ((known ?? sort(observations)).kinds.get(kind) ?? []) as readonly ObservationOf<K>[]
}

function sort(observations: readonly Observation[]): ByKind {
  const kinds = Map.groupBy(observations, ({ fact }) => fact.kind)
  const sorted = { observations, of: observations.length, kinds }
  SORTED[oldest] = sorted
  oldest = (oldest + 1) % MOST_SORTED
  return sorted
}

/**
 * Whether the candidate was in the machine when this was seen. Needs the install phase to have been opened: what a dead
 * machine's disk tells in `collect` after a boot that never reached `install` is not the candidate's.
 */
export function seenAfterInstall(attempt: AttemptState, observation: Pick<Observation, 'phase'>): boolean {
  return (
    attempt.arm === 'candidate' &&
    !PHASES_BEFORE_CANDIDATE.has(observation.phase) &&
    attempt.phases.some((entry) => entry.phase === 'install')
  )
}

/** Starts outside the recovery ladder, in order: what the ladder does to a machine is no symptom of its own. */
export function judgedBoots(attempt: AttemptState): ObservationOf<'boot'>[] {
  return observationsOf(attempt, 'boot').filter(
    ({ phase, fact }) => phase !== 'recover' && fact.cause !== 'recovery',
  )
}
