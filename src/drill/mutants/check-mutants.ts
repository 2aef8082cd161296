/** Mutants of checks: a check that is blind, and a check that never sees a class of symptoms, as what it would have left in a journal. Pure. */
import type { RunEvent } from '../../model/event.ts'
import type { Mutant } from '../../model/kill-table.ts'
import type { Fact } from '../../model/observation.ts'
import type { Phase } from '../../model/phase.ts'
import type { SymptomClass } from '../../model/symptom.ts'

export interface CheckMutant extends Mutant {
  readonly of: 'check'
  readonly check: string
  /** The class that it never reports; absent: it never looks. */
  readonly never?: SymptomClass
  readonly wouldKill: string
}

export interface KnownCheck {
  readonly id: string
  readonly shows?: readonly SymptomClass[]
  readonly needed?: boolean
}

/** From the definitions of the checks: what each says that it can show. */
export function checkMutants(checks: readonly KnownCheck[]): CheckMutant[] {
  return checks.flatMap(({ id, shows = [], needed = true }): CheckMutant[] => [
    ...(needed
      ? [
          {
            id: `check ${id}: never looks`,
            of: 'check' as const,
            what: 'never looks',
            check: id,
            wouldKill: `a good run with the check ${id}`,
          },
        ]
      : []),
    ...shows.map((name) => ({
      id: `check ${id}: never reports ${name}`,
      of: 'check' as const,
      what: `is always true where it should report ${name}`,
      check: id,
      never: name,
      wouldKill: `a run in which ${id} alone reports ${name}, with the candidate in and on no control`,
    })),
  ])
}

/** The journal that a run with this broken check would have left. */
export function withBrokenCheck(
  events: readonly RunEvent[],
  { check, never }: Pick<CheckMutant, 'check' | 'never'>,
): RunEvent[] {
  const through = (source: string, phase: Phase, fact: Fact): Fact[] => {
    if (source !== check) return [fact]
    const seen = never === undefined ? undefined : allRight(fact, never, phase === 'rollback')
    return seen === undefined ? [] : [seen]
  }
  return events.flatMap((event): RunEvent[] => {
    if (event.type === 'observed') {
      const { observation } = event
      const seen = through(observation.source, observation.phase, observation.fact)
      return seen.map((fact) => ({ ...event, observation: { ...observation, fact } }))
    }
    if (event.type !== 'check-ran' || event.check !== check) return [event]
    if (never === undefined) return []
    const { facts } = event
    return facts === undefined
      ? [event]
      : [{ ...event, facts: facts.flatMap((fact) => through(check, event.phase, fact)) }]
  })
}

/** The fact as a check reports it that finds everything in order; undefined where it reports nothing then. */
function allRight(fact: Fact, never: SymptomClass, rollback: boolean): Fact | undefined {
  switch (fact.kind) {
    case 'expectation':
      return fact.symptom === never || (rollback && never === 'rollback-incomplete')
        ? { ...fact, holds: true, seen: fact.expected }
        : fact
    case 'measure':
      return fact.symptom === never
        ? { ...fact, value: fact.better === 'lower' ? 0 : Number.MAX_VALUE }
        : fact
    case 'log-event':
      return never === 'event-flood' ? { ...fact, count: 1 } : fact.symptom === never ? undefined : fact
    case 'profile':
      return { ...fact, measured: fact.asked, matches: true }
    case 'inventory':
      return { ...fact, items: {}, cut: 0 }
    case 'boot':
    case 'install':
    case 'recovery':
      return fact
    case 'change':
    case 'crash':
    case 'hang':
    case 'stuck':
    case 'power':
    case 'blind':
      return undefined
    // No default: the compiler refuses a fact of which nobody said what it is when all is well.
  }
}
