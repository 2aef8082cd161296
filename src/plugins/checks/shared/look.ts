/** What checks have in common: a question that could not be answered is a blind fact, never silence. */
import { bounded, oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { FactOf } from '../../../model/observation.ts'
import type { SymptomClass } from '../../../model/symptom.ts'

export type Looked<T> =
  { readonly value: T; readonly blind?: undefined } | { readonly blind: FactOf<'blind'> }

/**
 * Asks the guest. An answer that cannot be read (AppError GUEST_…) becomes a blind fact on `subject`; a lost channel,
 * a passed deadline and everything else is passed on.
 */
export async function look<T>(subject: string, ask: () => Promise<T>): Promise<Looked<T>> {
  try {
    return { value: await ask() }
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('GUEST_'))
      return { blind: blind(subject, error.message) }
    throw error
  }
}

/** Something that could not be looked at, and why. */
export function blind(subject: string, reason: string): FactOf<'blind'> {
  return { kind: 'blind', subject: bounded(subject, 480), reason: oneLine(reason, 1900) }
}

/** Something that should hold, cut to the lengths that an observation may have. */
export function expectation(
  symptom: SymptomClass,
  fact: {
    readonly subject: string
    readonly expected: string
    readonly seen: string
    readonly holds: boolean
    readonly severity?: 'fail' | 'warn'
  },
): FactOf<'expectation'> {
  return {
    kind: 'expectation',
    subject: bounded(fact.subject, 480),
    expected: bounded(fact.expected, 1900),
    seen: bounded(fact.seen, 3900),
    holds: fact.holds,
    symptom,
    severity: fact.severity ?? 'fail',
  }
}
