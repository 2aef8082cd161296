/** Entries of the guest's event log that appeared with the candidate and stand on no control. */
import type { FactOf } from '../../model/observation.ts'
import type { AttemptState } from '../../model/run-state.ts'
import { observationsOf, seenAfterInstall } from '../attempt-view.ts'
import { makeFinding, type Finding } from '../finding.ts'

/** Critical entries fail, errors warn, warnings are left alone: every system writes those. */
export function logEventSymptoms(attempt: AttemptState, controls: readonly AttemptState[]): Finding[] {
  const entries = observationsOf(attempt, 'log-event')
  const known = new Set([
    ...controls.flatMap((control) => observationsOf(control, 'log-event')).map(({ fact }) => keyOf(fact)),
    ...entries.filter((entry) => !seenAfterInstall(attempt, entry)).map(({ fact }) => keyOf(fact)),
  ])
  return entries.flatMap((observation) => {
    const { fact } = observation
    if (fact.level === 'warning' || known.has(keyOf(fact)) || observation.phase === 'recover') return []
    return [
      makeFinding({
        class: fact.symptom,
        code: fact.eventId,
        argumentClass: fact.level,
        module: fact.provider,
        severity: fact.level === 'critical' ? 'fail' : 'warn',
        summary: `new ${fact.level} event ${fact.eventId} of ${fact.provider}${fact.count > 1 ? ` (${fact.count} times)` : ''}`,
        seen: fact.message,
        expected: 'no such entry, as on the control',
        observation,
        afterInstall: seenAfterInstall(attempt, observation),
        basis: { kind: 'whole' },
      }),
    ]
  })
}

function keyOf(fact: FactOf<'log-event'>): string {
  return JSON.stringify([fact.level, fact.provider, fact.eventId])
}
