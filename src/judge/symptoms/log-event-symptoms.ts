/** Entries of the guest's event log that appeared with the candidate and stand on no control, and floods of them. */
import type { FactOf } from '../../model/observation.ts'
import type { AttemptState } from '../../model/run-state.ts'
import { observationsOf, seenAfterInstall, type ObservationOf } from '../attempt-view.ts'
import { makeFinding, type Finding } from '../finding.ts'

type LogEvent = ObservationOf<'log-event'>

/** Entries of one kind that hide all others … */
const MANY = 100
/** … and that push what is older out of the log: the default log of Windows (20 MiB) holds some ten thousand. */
const FLOOD = 1000
/** What a control writes by itself is no flood of the candidate's, nor a few times that. */
const TIMES_CONTROL = 10

/** Critical entries fail, errors warn, warnings are left alone: every system writes those. Floods count at every level. */
export function logEventSymptoms(attempt: AttemptState, controls: readonly AttemptState[]): Finding[] {
  const entries = observationsOf(attempt, 'log-event').filter(({ phase }) => phase !== 'recover')
  const before = entries.filter((entry) => !seenAfterInstall(attempt, entry))
  const known = new Set(
    [...controls.flatMap((control) => observationsOf(control, 'log-event')), ...before].map(keyOf),
  )
  const kinds = Map.groupBy(
    entries.filter((entry) => seenAfterInstall(attempt, entry)),
    keyOf,
  )
  const usual = [before, ...controls.map((control) => observationsOf(control, 'log-event'))]
  return [...kinds].flatMap(([key, seen]) => {
    const flood = floodFinding(key, seen, usual)
    if (flood !== undefined) return [flood]
    return known.has(key) ? [] : seen.flatMap(newEntry)
  })
}

function floodFinding(
  key: string,
  seen: readonly LogEvent[],
  usual: readonly (readonly LogEvent[])[],
): Finding | undefined {
  const [first] = seen
  const number = total(seen)
  const without = Math.max(0, ...usual.map((look) => total(look.filter((entry) => keyOf(entry) === key))))
  if (first === undefined || number < MANY || number < TIMES_CONTROL * without) return undefined
  const { fact } = first
  return makeFinding({
    class: 'event-flood',
    code: fact.eventId,
    argumentClass: fact.level,
    module: fact.provider,
    severity: number >= FLOOD || fact.level === 'critical' ? 'fail' : 'warn',
    summary: `${number} ${fact.level} events ${fact.eventId} of ${fact.provider}, ${without} without the candidate`,
    seen: `${number} times, as: ${fact.message}`,
    expected: `about ${without}, as without the candidate`,
    observation: first,
    afterInstall: true,
    basis: { kind: 'whole' },
  })
}

function newEntry(observation: LogEvent): Finding[] {
  const { fact } = observation
  if (fact.level === 'warning') return []
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
      afterInstall: true,
      basis: { kind: 'whole' },
    }),
  ]
}

function total(entries: readonly LogEvent[]): number {
  return entries.reduce((sum, { fact }) => sum + fact.count, 0)
}

function keyOf({ fact }: { readonly fact: FactOf<'log-event'> }): string {
  return JSON.stringify([fact.level, fact.provider, fact.eventId])
}
