/** What is gone, changed or left over against the attempt's own baseline, and stayed as it was on the control. */
import { canonicalJson } from '../../kit/hash.ts'
import type { FactOf } from '../../model/observation.ts'
import type { AttemptState } from '../../model/run-state.ts'
import type { SymptomClass } from '../../model/symptom.ts'
import { observationsOf, seenAfterInstall, type ObservationOf } from '../attempt-view.ts'
import { makeFinding, type Finding } from '../finding.ts'

type Inventory = FactOf<'inventory'>
type Change = {
  readonly item: string
  readonly what: 'gone' | 'changed' | 'new'
  readonly seen: string
  readonly expected: string
}
interface Meaning {
  readonly symptom: SymptomClass
  readonly severity: 'fail' | 'warn'
}

/** What a change means while the candidate is in; changes that are not listed mean nothing. */
const WHILE_PRESENT: Readonly<
  Record<Inventory['subject'], { readonly gone?: Meaning; readonly changed?: Meaning }>
> = {
  services: { gone: fail('service-degraded'), changed: fail('service-degraded') },
  files: { gone: fail('false-positive-quarantine'), changed: warn('false-positive-quarantine') },
  drivers: { gone: fail('driver-load-failure') },
  modules: { gone: fail('driver-load-failure') },
  minifilters: { gone: fail('filter-conflict'), changed: fail('filter-conflict') },
  'filters-network': { gone: fail('filter-conflict') },
  products: { gone: fail('protection-off') },
  packages: { gone: warn('service-degraded') },
  tasks: { gone: warn('service-degraded') },
}

/** After the rollback these must be as they were; the others may settle differently and are only worth a look. */
const RESTORED: ReadonlySet<Inventory['subject']> = new Set<Inventory['subject']>([
  'services',
  'files',
  'products',
])

/** Findings of the candidate's arm; `controls` are valid control attempts, whose own changes are taken off. */
export function inventorySymptoms(attempt: AttemptState, controls: readonly AttemptState[]): Finding[] {
  const inventories = observationsOf(attempt, 'inventory')
  const subjects = new Set(inventories.map(({ fact }) => fact.subject))
  const bySubject = new Map([...subjects].map((subject) => [subject, controlChanges(controls, subject)]))
  return inventories.flatMap((later) => {
    const before = inventories.find(
      ({ fact }) => fact.moment === 'baseline' && fact.subject === later.fact.subject,
    )
    if (later.fact.moment === 'baseline' || before === undefined) return []
    const onControl = bySubject.get(later.fact.subject)
    return changesOf(before.fact, later.fact)
      .filter((change) => onControl?.has(`${change.what} ${change.item}`) !== true)
      .flatMap((change) => changeFinding(attempt, later, change, onControl !== undefined))
  })
}

function changeFinding(
  attempt: AttemptState,
  later: ObservationOf<'inventory'>,
  change: Change,
  compared: boolean,
): Finding[] {
  const { subject, moment } = later.fact
  const meaning =
    moment === 'after-rollback'
      ? rolledBack(subject, change)
      : change.what === 'new'
        ? undefined
        : WHILE_PRESENT[subject][change.what]
  if (meaning === undefined) return []
  return [
    makeFinding({
      class: meaning.symptom,
      severity: meaning.severity,
      code: change.what,
      argumentClass: subject,
      module: change.item,
      summary: `${subject}: ${change.item} is ${change.what} (${moment})`,
      seen: change.seen,
      expected: change.expected,
      observation: later,
      afterInstall: seenAfterInstall(attempt, later),
      basis: compared ? { kind: 'whole' } : { kind: 'subject', subject: `inventory:${subject}` },
    }),
  ]
}

function rolledBack(subject: Inventory['subject'], change: Change): Meaning | undefined {
  if (RESTORED.has(subject))
    return change.what === 'new' ? warn('rollback-incomplete') : fail('rollback-incomplete')
  return subject === 'modules' || subject === 'drivers' ? warn('rollback-incomplete') : undefined
}

/** Changes that a control made to itself at any later moment; undefined when no control looked. */
function controlChanges(
  controls: readonly AttemptState[],
  subject: Inventory['subject'],
): ReadonlySet<string> | undefined {
  const found = new Set<string>()
  let looked = false
  for (const control of controls) {
    const mine = observationsOf(control, 'inventory').filter(({ fact }) => fact.subject === subject)
    const before = mine.find(({ fact }) => fact.moment === 'baseline')
    for (const { fact } of mine) {
      if (before === undefined || fact.moment === 'baseline') continue
      looked = true
      for (const change of changesOf(before.fact, fact)) found.add(`${change.what} ${change.item}`)
    }
  }
  return looked ? found : undefined
}

/** A cut list never proves that something is gone or new. */
function changesOf(before: Inventory, later: Inventory): Change[] {
  const changes: Change[] = []
  for (const [item, was] of Object.entries(before.items)) {
    if (!Object.hasOwn(later.items, item)) {
      if (later.cut === 0) changes.push({ item, what: 'gone', seen: 'nothing', expected: spell(was) })
    } else if (differs(before.subject, was, later.items[item]))
      changes.push({ item, what: 'changed', seen: spell(later.items[item]), expected: spell(was) })
  }
  for (const [item, now] of Object.entries(later.items))
    if (before.cut === 0 && !Object.hasOwn(before.items, item))
      changes.push({ item, what: 'new', seen: spell(now), expected: 'nothing' })
  return changes
}

/** Of a service only whether it still runs counts: its restart counter and the like may move. */
function differs(subject: Inventory['subject'], was: unknown, now: unknown): boolean {
  if (subject !== 'services') return canonicalJson(was) !== canonicalJson(now)
  return stateOf(was) === 'running' && stateOf(now) !== 'running'
}

function stateOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'state' in item ? item.state : item
}

function spell(value: unknown): string {
  return typeof value === 'string' ? value : canonicalJson(value)
}

function fail(symptom: SymptomClass): Meaning {
  return { symptom, severity: 'fail' }
}

function warn(symptom: SymptomClass): Meaning {
  return { symptom, severity: 'warn' }
}
