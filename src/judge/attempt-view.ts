/** One attempt as the rules look at it. */
import type { Fact, FactOf, Observation } from '../model/observation.ts'
import { PHASES_BEFORE_CANDIDATE } from '../model/phase.ts'
import type { AttemptState } from '../model/run-state.ts'

export type ObservationOf<K extends Fact['kind']> = Omit<Observation, 'fact'> & { readonly fact: FactOf<K> }

interface ByKind {
  /** How many observations there were when they were sorted. */
  readonly of: number
  readonly kinds: ReadonlyMap<Fact['kind'], readonly Observation[]>
}

/** Each rule asks for one kind: a list is gone through once for all rules, not once for each. */
const SORTED = new WeakMap<readonly Observation[], ByKind>()

/** All observations of one kind, in the order in which they were written. */
export function observationsOf<K extends Fact['kind']>(
  { observations }: Pick<AttemptState, 'observations'>,
  kind: K,
): readonly ObservationOf<K>[] {
  let sorted = SORTED.get(observations)
  if (sorted?.of !== observations.length) {
    sorted = { of: observations.length, kinds: Map.groupBy(observations, ({ fact }) => fact.kind) }
    SORTED.set(observations, sorted)
  }
  return (sorted.kinds.get(kind) ?? []) as readonly ObservationOf<K>[]
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
