/** What is different about the machine against its own baseline, and is not so on a control. */
import type { FactOf } from '../../model/observation.ts'
import type { AttemptState } from '../../model/run-state.ts'
import type { SymptomClass } from '../../model/symptom.ts'
import { observationsOf, seenAfterInstall, type ObservationOf } from '../attempt-view.ts'
import { makeFinding, type Finding } from '../finding.ts'
import { changeSentences, type ChangeSort } from './change-sentence.ts'

type Change = FactOf<'change'>
type ChangeSeen = ObservationOf<'change'>
interface Meaning {
  readonly symptom: SymptomClass
  readonly severity: 'fail' | 'warn'
}

const CHECK = 'fingerprint'
/** So many items of one pattern that a control lost, gained or changed make the pattern, not the single names, usual. */
const PATTERN_SIZE = 2

const fail = (symptom: SymptomClass): Meaning => ({ symptom, severity: 'fail' })
const warn = (symptom: SymptomClass): Meaning => ({ symptom, severity: 'warn' })

/** What something new means while the candidate is in; a new file is what an installation is for. */
const NEW: Readonly<Record<Change['aspect'], Meaning | undefined>> = {
  file: undefined,
  package: undefined,
  autostart: warn('new-autostart'),
  certificate: fail('trust-gained'),
  account: fail('accounts-changed'),
  names: fail('network-changed'),
  network: warn('network-changed'),
  firewall: warn('network-changed'),
  'boot-entry': warn('settings-changed'),
  environment: warn('settings-changed'),
  mount: warn('settings-changed'),
  setting: warn('settings-changed'),
  'time-zone': fail('clock-changed'),
}

/** What it means that something changed or went. */
const LOST: Readonly<Record<Change['aspect'], SymptomClass>> = {
  file: 'false-positive-quarantine',
  package: 'service-degraded',
  autostart: 'service-degraded',
  certificate: 'trust-lost',
  account: 'accounts-changed',
  names: 'network-changed',
  network: 'network-changed',
  firewall: 'network-changed',
  'boot-entry': 'settings-changed',
  environment: 'settings-changed',
  mount: 'settings-changed',
  setting: 'settings-changed',
  'time-zone': 'clock-changed',
}

const PERMISSIONS: ReadonlySet<string> = new Set(['mode', 'owner', 'access'])

/**
 * One finding for each sort of change, with all its items. `controls` are those that came to their end, also those that do
 * not count: that a product updated itself there is what makes them not count.
 */
export function changeSymptoms(attempt: AttemptState, controls: readonly AttemptState[]): Finding[] {
  const usual = usualChanges(controls)
  const seen = observationsOf(attempt, 'change').filter(
    ({ phase, fact }) => phase !== 'recover' && !fact.expected && !usual(fact),
  )
  const sorts = Map.groupBy(seen, ({ fact }) => {
    const meaning = meaningOf(fact)
    return meaning === undefined
      ? ''
      : JSON.stringify([meaning.symptom, meaning.severity, sortOf(fact), fact.aspect, fact.belongsTo])
  })
  sorts.delete('')
  const looked = controls.some(({ checksRun }) => checksRun.some(({ check }) => check === CHECK))
  return [...sorts.values()].map((group) => changeFinding(attempt, group, looked))
}

/** A product whose own files changed on the control, too: it updated itself, and the tested version is unknown. */
export function selfUpdate(attempt: AttemptState, controls: readonly AttemptState[]): string | undefined {
  const declared = (state: AttemptState): Change[] =>
    observationsOf(state, 'change')
      .map(({ fact }) => fact)
      .filter(
        ({ declared: own, traits, moment }) =>
          own && traits.includes('content') && moment !== 'after-rollback',
      )
  const without = (attempt.arm === 'control' ? [attempt, ...controls] : controls).flatMap(declared)
  const [own] = attempt.arm === 'control' ? declared(attempt) : without
  if (own === undefined) return undefined
  const product = own.belongsTo.replace(/^product:/, '')
  return `the product ${product} updated itself: ${own.item} changed on the control, where no candidate was`
}

function changeFinding(attempt: AttemptState, group: readonly ChangeSeen[], looked: boolean): Finding {
  const [first] = group as [ChangeSeen, ...ChangeSeen[]]
  const { fact } = first
  const meaning = meaningOf(fact) as Meaning
  const items = [...new Map(group.map((seen) => [seen.fact.item, seen.fact])).values()]
  const sort = sortOf(fact)
  return makeFinding({
    class: meaning.symptom,
    severity: meaning.severity,
    code: sort,
    argumentClass: fact.aspect,
    module: patternOf(items.map(({ item }) => item).toSorted()[0] ?? ''),
    ...changeSentences(items, sort),
    observation: first,
    afterInstall: seenAfterInstall(attempt, first),
    basis: looked ? { kind: 'whole' } : { kind: 'subject', subject: CHECK },
  })
}

function meaningOf(fact: Change): Meaning | undefined {
  const { what, aspect, item, moment } = fact
  if (aspect === 'file' && isListed(fact)) return meaningOfListed(fact)
  if (moment === 'after-rollback') {
    if (what !== 'new') return fail('rollback-incomplete')
    return fail('left-behind')
  }
  if (what === 'new') {
    if (aspect === 'file' && /\b0?[2467]\d{3}\b/.test(modeOf(fact.after))) return warn('permissions-changed')
    return NEW[aspect]
  }
  if (sortOf(fact) === 'permissions') return fail('permissions-changed')
  // Whoever takes a file away takes it for malware, whatever the file was for; a certificate is more than its file.
  if (aspect !== 'certificate' && what === 'gone' && isPath(item)) return fail('false-positive-quarantine')
  if (aspect === 'autostart' && isPath(item)) return fail('false-positive-quarantine')
  if (aspect === 'network' && what === 'gone') return fail('network-loss')
  if (aspect === 'network' && item.startsWith('link:')) return fail('network-loss')
  return fail(LOST[aspect])
}

/** Known by size and time alone, in folders in which a large system writes all the time. */
function isListed({ traits, before, after }: Change): boolean {
  return traits.includes('listing') || (traits.length === 0 && /\blisting\b/.test(`${before} ${after}`))
}

/** Programs do not change by themselves, nor does a product lose its data; of other files of a system only their loss is told. */
function meaningOfListed({ what, item, belongsTo, moment, count }: Change): Meaning | undefined {
  const grave = PROGRAM.test(item) || belongsTo.startsWith('product:')
  if (moment === 'after-rollback') {
    if (what === 'new') return grave || count > 1 ? fail('left-behind') : warn('left-behind')
    return grave ? fail('rollback-incomplete') : undefined
  }
  if (what === 'new') return undefined
  if (grave) return fail('false-positive-quarantine')
  return what === 'gone' ? warn('false-positive-quarantine') : undefined
}

const PROGRAM = /\.(?:exe|dll|sys|ocx|cpl|drv|efi|scr|msc|ps1|cmd|bat)$/i

function modeOf(spelled: string): string {
  return /\bmode (\d{4})\b/.exec(spelled)?.[1] ?? ''
}

function sortOf({ what, traits }: Change): ChangeSort {
  return what === 'changed' && traits.length > 0 && traits.every((trait) => PERMISSIONS.has(trait))
    ? 'permissions'
    : what
}

function isPath(item: string): boolean {
  return /^(?:\/|[A-Za-z]:\\)/.test(item)
}

/**
 * What a control does to itself: the same item in the same way; items of a pattern of which it changed several; and new
 * files in a folder in which it writes files itself, as logs and caches.
 */
function usualChanges(controls: readonly AttemptState[]): (fact: Change) => boolean {
  const theirs = controls.flatMap((control) => observationsOf(control, 'change').map(({ fact }) => fact))
  const items = new Set(theirs.flatMap((fact) => keysOf(fact, fact.item)))
  const byPattern = Map.groupBy(theirs, (fact) => patternOf(fact.item))
  const patterns = new Set(
    [...byPattern.values()]
      .filter((group) => new Set(group.map(({ item }) => item)).size >= PATTERN_SIZE)
      .flatMap((group) => group.flatMap((fact) => keysOf(fact, patternOf(fact.item)))),
  )
  const folders = new Set(
    theirs
      .filter(
        ({ aspect, what, traits }) =>
          aspect === 'file' && (what === 'new' || traits.includes('content') || traits.includes('listing')),
      )
      .map(({ item }) => folderOf(item)),
  )
  return (fact) =>
    keysOf(fact, fact.item).every((key) => items.has(key)) ||
    keysOf(fact, patternOf(fact.item)).every((key) => patterns.has(key)) ||
    (fact.aspect === 'file' && fact.what === 'new' && folders.has(folderOf(fact.item)))
}

/** One key for each way in which an item differs: usual content makes other permissions no less unusual. */
function keysOf({ aspect, what, traits }: Change, item: string): string[] {
  return (traits.length === 0 ? [''] : traits).map((trait) => JSON.stringify([aspect, what, trait, item]))
}

/** Without what numbers and hashes make different from machine to machine. */
function patternOf(item: string): string {
  return item.replace(/[0-9a-f]{8,}/gi, '#').replace(/\d+/g, '#')
}

function folderOf(path: string): string {
  return path.replace(/[\\/][^\\/]*$/, '')
}
