/** What of the gate was changed from one run to another: rules, limits, waivers, checks, configurations. A loosened gate is told. Pure. */
import { canonicalJson } from '../kit/hash.ts'
import type { GateAuthor, GateChange, GateLedger } from '../model/gate-change.ts'
import type { Matrix } from '../model/matrix.ts'
import type { Plan } from '../model/plan.ts'
import type { Policy, PolicyRule, Waiver } from '../model/policy.ts'

/** What a run was judged by, and what it looked at. */
export interface GateInputs {
  /** Absent where the run keeps none. */
  readonly policy: Policy | undefined
  readonly matrix: Matrix
  readonly settings: Plan['settings']
  readonly strength: number
}

/** All changes, loosened ones first. Of a policy that is not on record nothing can be said. */
export function gateChanges(before: GateInputs, now: GateInputs): GateChange[] {
  const policies =
    before.policy === undefined || now.policy === undefined ? [] : policyChanges(before.policy, now.policy)
  return [...policies, ...lookChanges(before, now), ...matrixChanges(before.matrix, now.matrix)].toSorted(
    (a, b) => Number(b.loosens) - Number(a.loosens),
  )
}

/** One sentence for each loosened part of the gate, with who and when where git knows it, and one where that cannot be known. */
export function loosenedSentences({ run, policyOnRecord, changes, authors }: GateLedger): string[] {
  const loosened = changes
    .filter(({ loosens }) => loosens)
    .map(({ what, file }) => {
      const by = authors.filter((author) => author.file === file).map(authorText)
      return `the gate is looser than in run ${run}: ${what}${by.length === 0 ? '' : ` (${file} file changed by ${by.join(', ')})`}`
    })
  return policyOnRecord
    ? loosened
    : [
        `the policy that run ${run} was judged by is not on record: whether its rules were loosened since is not known`,
        ...loosened,
      ]
}

function authorText({ author, at, commit }: GateAuthor): string {
  return at === undefined ? `${author}, not committed` : `${author} on ${at}, ${commit ?? 'no commit'}`
}

type Change = Omit<GateChange, 'file'>
const looser = (what: string): Change => ({ what, loosens: true })
const stricter = (what: string): Change => ({ what, loosens: false })
/** `more` is worse: a higher number lets more through. */
const moved = (what: string, from: number | undefined, to: number | undefined, more: boolean): Change[] => {
  if (from === to) return []
  const [a, b] = [from ?? (more ? Infinity : -Infinity), to ?? (more ? Infinity : -Infinity)]
  const text = `${what} is ${to ?? 'gone'}, it was ${from ?? 'not there'}`
  return [{ what: text, loosens: more ? b > a : b < a }]
}

function policyChanges(before: Policy, now: Policy): GateChange[] {
  const rules = paired(before.rules, now.rules, ({ id }) => id).flatMap(([old, rule]) => {
    if (rule === undefined) return [looser(`the rule ${old?.id ?? ''} is gone`)]
    return old === undefined ? [stricter(`the rule ${rule.id} is new`)] : ruleChanges(old, rule)
  })
  const waivers = paired(before.waivers ?? [], now.waivers ?? [], ({ id }) => id).flatMap(([old, waiver]) => {
    if (waiver === undefined) return [stricter(`the waiver ${old?.id ?? ''} is gone`)]
    return old === undefined
      ? [looser(`the waiver ${waiverText(waiver)} is new`)]
      : waiverChanges(old, waiver)
  })
  const budgets = paired(before.budgets ?? [], now.budgets ?? [], ({ measure }) => measure).flatMap(
    ([old, budget]) => {
      const name = `the budget of ${(budget ?? old)?.measure ?? ''}`
      return [
        ...moved(`${name} (absolute)`, old?.absolute, budget?.absolute, true),
        ...moved(`${name} (relative)`, old?.relative, budget?.relative, true),
      ]
    },
  )
  return [...rules, ...waivers, ...budgets, ...drillChanges(before.drill, now.drill)].map((change) => ({
    ...change,
    file: 'policy' as const,
  }))
}

function ruleChanges(before: PolicyRule, now: PolicyRule): Change[] {
  const name = `the rule ${now.id}`
  if (before.metric !== now.metric) return [looser(`${name} measures ${now.metric}, it was ${before.metric}`)]
  const [old, list] = [before.symptoms, now.symptoms]
  const gone =
    list === undefined ? [] : (old ?? ['every class']).filter((one) => !(list as string[]).includes(one))
  return [
    ...moved(`${name}: at most`, before.atMost, now.atMost, true),
    ...moved(`${name}: at least`, before.atLeast, now.atLeast, false),
    ...moved(`${name}: the smallest number of cells`, before.minimumCells ?? 0, now.minimumCells ?? 0, false),
    ...(gone.length === 0 ? [] : [looser(`${name} counts ${gone.join(', ')} no longer`)]),
    ...(now.waivable === true && before.waivable !== true ? [looser(`${name} may be waived`)] : []),
    ...(now.waivable !== true && before.waivable === true ? [stricter(`${name} may not be waived`)] : []),
  ]
}

function waiverChanges(before: Waiver, now: Waiver): Change[] {
  return [
    ...(before.expires === now.expires
      ? []
      : [
          {
            what: `the waiver ${now.id} ends on ${now.expires}, it was ${before.expires}`,
            loosens: now.expires > before.expires,
          },
        ]),
    ...(before.signature === now.signature &&
    canonicalJson(before.cells ?? {}) === canonicalJson(now.cells ?? {})
      ? []
      : [looser(`the waiver ${waiverText(now)} covers something else than before`)]),
  ]
}

function waiverText({ id, signature, owner, ticket, expires }: Waiver): string {
  return `${id} (${signature}, of ${owner}, ${ticket}, until ${expires})`
}

function drillChanges(before: Policy['drill'], now: Policy['drill']): Change[] {
  if (before === undefined) return now === undefined ? [] : [stricter('a drill is wanted')]
  if (now === undefined) return [looser('no drill is wanted any more')]
  const gone = (before.mustCover ?? []).filter((name) => now.mustCover?.includes(name) !== true)
  return [
    ...moved('the age of a drill in hours', before.notOlderThanHours, now.notOlderThanHours, true),
    ...(gone.length === 0 ? [] : [looser(`a drill need not cover ${gone.join(', ')} any more`)]),
  ]
}

function lookChanges(before: GateInputs, now: GateInputs): GateChange[] {
  const { settings: old } = before
  const { settings } = now
  const [gone, added] = [missing(old.checks, settings.checks), missing(settings.checks, old.checks)]
  return [
    ...gone.map((check) => looser(`the check ${check} does not look any more`)),
    ...added.map((check) => stricter(`the check ${check} looks, too`)),
    ...moved('the number of restarts', old.restarts, settings.restarts, false),
    ...moved('the soak in seconds', old.soakSeconds, settings.soakSeconds, false),
    ...moved('the number of repeats', old.repeats, settings.repeats, false),
    ...moved('the strength of the plan', before.strength, now.strength, false),
  ].map((change) => ({ ...change, file: 'matrix' as const }))
}

function matrixChanges(before: Matrix, now: Matrix): GateChange[] {
  const values = Object.entries(before.axes).flatMap(([axis, { values: old }]) => {
    const kept = now.axes[axis]?.values.map(({ id }) => id) ?? []
    return missing(
      old.map(({ id }) => id),
      kept,
    ).map((id) => looser(`${axis} ${id} is not tested any more`))
  })
  const rules = missing(
    (now.constraints ?? []).map((rule) => canonicalJson(rule)),
    (before.constraints ?? []).map((rule) => canonicalJson(rule)),
  ).map((rule) => looser(`configurations are left out by a new constraint: ${rule.slice(0, 200)}`))
  return [...values, ...rules].map((change) => ({ ...change, file: 'matrix' as const }))
}

function missing(from: readonly string[], list: readonly string[]): string[] {
  return from.filter((one) => !list.includes(one))
}

/** Both lists by key. */
function paired<T>(
  before: readonly T[],
  now: readonly T[],
  key: (item: T) => string,
): (readonly [T | undefined, T | undefined])[] {
  const [old, kept] = [before, now].map((list) => new Map(list.map((item) => [key(item), item]))) as [
    Map<string, T>,
    Map<string, T>,
  ]
  return [...new Set([...old.keys(), ...kept.keys()])].map((id) => [old.get(id), kept.get(id)] as const)
}
