/** Things that should hold and do not. */
import type { AttemptState } from '../../model/run-state.ts'
import type { SymptomClass } from '../../model/symptom.ts'
import { observationsOf, seenAfterInstall } from '../attempt-view.ts'
import { makeFinding, type Finding, type ComparisonBasis } from '../finding.ts'
import { selfUpdate } from './change-symptoms.ts'

/** Only the candidate's arm can show these; a control that came up is all that there is to compare with. */
const CANDIDATE_ONLY: ReadonlySet<SymptomClass> = new Set<SymptomClass>([
  'update-not-applied',
  'install-failed',
  'install-rolled-back',
  'rollback-incomplete',
  'recovery-impossible',
])

/** These make an attempt invalid instead of red: the machine was not the requested one. */
export const INVALIDATING: ReadonlySet<SymptomClass> = new Set<SymptomClass>([
  'profile-mismatch',
  'version-drift',
])

/** Findings from expectations that do not hold; what is invalid and not red is left to `invalidReason`. */
export function expectationSymptoms(attempt: AttemptState): Finding[] {
  return observationsOf(attempt, 'expectation').flatMap((observation) => {
    const { fact } = observation
    if (fact.holds || INVALIDATING.has(fact.symptom) || observation.phase === 'recover') return []
    const basis: ComparisonBasis = CANDIDATE_ONLY.has(fact.symptom)
      ? { kind: 'machine' }
      : { kind: 'subject', subject: fact.subject }
    const [kind = '', ...rest] = fact.subject.split(':')
    return [
      makeFinding({
        class:
          observation.phase === 'rollback' && !CANDIDATE_ONLY.has(fact.symptom)
            ? 'rollback-incomplete'
            : fact.symptom,
        code: 'expectation',
        argumentClass: kind,
        module: rest.join(':'),
        severity: fact.severity,
        summary: `${fact.subject}: seen ${fact.seen}, expected ${fact.expected}`,
        seen: fact.seen,
        expected: fact.expected,
        observation,
        afterInstall: seenAfterInstall(attempt, observation),
        basis,
      }),
    ]
  })
}

/**
 * Why the attempt says nothing about the candidate: its machine was not what was asked, a frozen version changed, or a product
 * updated itself, as the `controls` that came to their end show.
 */
export function invalidReason(
  attempt: AttemptState,
  controls: readonly AttemptState[] = [],
): string | undefined {
  const profile = observationsOf(attempt, 'profile').find(({ fact }) => !fact.matches)?.fact
  if (profile !== undefined)
    return `the guest shows ${profile.property} = ${profile.measured}, asked was ${profile.asked}`
  const drift = observationsOf(attempt, 'expectation').find(
    ({ fact }) => !fact.holds && INVALIDATING.has(fact.symptom),
  )?.fact
  return drift === undefined
    ? selfUpdate(attempt, controls)
    : `${drift.subject}: seen ${drift.seen}, expected ${drift.expected} (${drift.symptom})`
}
