/**
 * A pass is not the absence of symptoms: each phase, start and check that was planned must have left its own positive
 * evidence. What is missing is named here, and one missing thing keeps a cell from passing.
 */
import { canonicalJson } from '../kit/hash.ts'
import { PhaseSchema, type Phase } from '../model/phase.ts'
import type { Plan, PlannedCell } from '../model/plan.ts'
import type { AttemptState } from '../model/run-state.ts'
import { judgedBoots, observationsOf, seenAfterInstall } from './attempt-view.ts'

export interface EvidenceNeeds {
  /** How every attempt's first start was planned, on both arms. */
  readonly first: 'boot' | 'restore'
  readonly restarts: number
  readonly checks: readonly CheckNeed[]
}

interface CheckNeed {
  readonly id: string
  readonly baseline: number
  /** Looks between install and rollback. */
  readonly present: number
  readonly rollback: number
}

/** Between install and rollback: both arms go through these, so they can be compared look by look. */
const PRESENT_PHASES: ReadonlySet<Phase> = new Set<Phase>(['install', 'check', 'restart', 'soak'])
const COMPARED_PHASES: ReadonlySet<Phase> = new Set<Phase>([
  'baseline',
  'check',
  'restart',
  'soak',
  'rollback',
])
const SHARED_PHASES: readonly Phase[] = ['provision', 'baseline', 'check', 'restart', 'soak', 'rollback']
const NOTES_ONLY: ReadonlySet<Phase> = new Set<Phase>(['collect'])

/** What the plan promises to look at on this cell. Without `checkNeeds` each listed check must have looked once with the candidate in. */
export function evidenceNeeds(cell: PlannedCell, settings: Plan['settings']): EvidenceNeeds {
  const checks =
    settings.checkNeeds
      ?.filter((check) => check.needed && check.os.includes(cell.os))
      .map(({ id, moments }) => ({
        id,
        baseline: Number(moments.includes('baseline')),
        present:
          Number(moments.includes('after-install')) +
          settings.restarts * Number(moments.includes('after-restart')) +
          Number(moments.includes('after-soak')),
        rollback: Number(moments.includes('after-rollback')),
      })) ?? settings.checks.map((id) => ({ id, baseline: 0, present: 1, rollback: 0 }))
  return {
    first: cell.start?.from === 'checkpoint' ? 'restore' : 'boot',
    restarts: settings.restarts,
    checks,
  }
}

/** What a completed attempt of the candidate's arm leaves unproven, one sentence each; empty when all is proven. */
export function candidateGaps(
  attempt: AttemptState,
  needs: EvidenceNeeds,
  controls: readonly AttemptState[],
): string[] {
  return [
    ...commonGaps(attempt, [...SHARED_PHASES, 'install'], needs),
    ...(observationsOf(attempt, 'profile').length === 0
      ? ['the asked profile was never measured in the guest']
      : []),
    ...installGaps(attempt),
    ...checkGaps(attempt, needs),
    ...restoredGaps(attempt, needs),
    ...comparisonGaps(attempt, controls),
  ]
}

/** The same for a control, which installs nothing but goes through all else, the restart of the rollback too. */
export function controlGaps(attempt: AttemptState, needs: EvidenceNeeds): string[] {
  return commonGaps(attempt, SHARED_PHASES, needs)
}

/** Starts of one phase that settled. A machine that went on from a checkpoint has started nowhere but in its own phase. */
export function settledStarts(attempt: AttemptState, phase: Phase): number {
  return judgedBoots(attempt).filter(
    ({ phase: seen, fact }) =>
      seen === phase && fact.ended === 'settled' && (fact.cause === 'restored') === (phase === 'restore'),
  ).length
}

function commonGaps(
  attempt: AttemptState,
  phases: readonly Phase[],
  { first, restarts }: EvidenceNeeds,
): string[] {
  const gaps: string[] = []
  for (const phase of [first, ...phases])
    if (!attempt.phases.some((entry) => entry.phase === phase && entry.end === 'done'))
      gaps.push(`the phase ${phase} was never done`)
  for (const { phase, end } of attempt.phases) {
    if (phase === 'recover') gaps.push('the recovery ladder was needed')
    else if (!NOTES_ONLY.has(phase) && end !== 'done' && end !== 'skipped')
      gaps.push(`the phase ${phase} ${end === undefined ? 'never ended' : `ended as ${end}`}`)
  }
  const restarted = settledStarts(attempt, 'restart')
  if (settledStarts(attempt, first) === 0) gaps.push('the first start never settled')
  if (settledStarts(attempt, 'rollback') === 0) gaps.push('no settled start after the rollback')
  if (restarted < restarts) gaps.push(`${restarted} of ${restarts} restarts settled`)
  for (const { fact } of judgedBoots(attempt))
    if (fact.ended !== 'settled') gaps.push(`start ${fact.ordinal} ended as ${fact.ended}`)
  for (const { phase, code, message } of attempt.faults)
    if (!NOTES_ONLY.has(phase)) gaps.push(`fault ${code} in ${phase}: ${message}`)
  return gaps
}

function installGaps(attempt: AttemptState): string[] {
  const steps = observationsOf(attempt, 'install')
    .filter(({ fact }) => fact.outcome === 'ok' || fact.outcome === 'reboot')
    .map(({ fact }) => fact.step)
  const proven =
    steps.includes('verify') ||
    observationsOf(attempt, 'expectation').some(
      (observation) =>
        observation.fact.holds &&
        observation.fact.symptom === 'update-not-applied' &&
        seenAfterInstall(attempt, observation),
    )
  return [
    ...(steps.includes('apply') ? [] : ['no installer reported that the candidate was applied']),
    ...(proven ? [] : ['nothing proves that the candidate was really there']),
    ...(steps.includes('remove') ? [] : ['no installer reported that the candidate was taken out']),
  ]
}

function checkGaps(attempt: AttemptState, needs: EvidenceNeeds): string[] {
  const byCheck = Map.groupBy(attempt.checksRun, ({ check }) => check)
  const looks = (id: string, wanted: (phase: Phase) => boolean): number =>
    (byCheck.get(id) ?? []).filter(({ phase }) => wanted(phase)).length
  return needs.checks.flatMap(({ id, baseline, present, rollback }) => {
    const gaps: string[] = []
    if (looks(id, (phase) => phase === 'baseline') < baseline) gaps.push(`${id} did not look at the baseline`)
    const seen = looks(id, (phase) => PRESENT_PHASES.has(phase))
    if (seen < present) gaps.push(`${id} looked ${seen} of ${present} times with the candidate in`)
    if (looks(id, (phase) => phase === 'rollback') < rollback)
      gaps.push(`${id} did not look after the rollback`)
    return gaps
  })
}

/** What a check looked at before the install and looks at again after the rollback must be there both times. */
function restoredGaps(attempt: AttemptState, needs: EvidenceNeeds): string[] {
  const again = new Set(needs.checks.filter(({ rollback }) => rollback > 0).map(({ id }) => id))
  const subjects = (wanted: Phase): Set<string> =>
    new Set(
      attempt.observations.flatMap(({ phase, source, fact }) => {
        if (phase !== wanted || !again.has(source)) return []
        if (fact.kind === 'expectation') return [fact.subject]
        return fact.kind === 'inventory' ? [`inventory ${fact.subject}`] : []
      }),
    )
  const after = subjects('rollback')
  return [...subjects('baseline')]
    .filter((subject) => !after.has(subject))
    .map((subject) => `${subject}: seen before the install, not looked at after the rollback`)
}

/** What each valid control looked at in a phase, the candidate's arm must have looked at as often: a check that sees less is blind. */
function comparisonGaps(attempt: AttemptState, controls: readonly AttemptState[]): string[] {
  const mine = lookCounts(attempt)
  const [first, ...others] = controls.map(controlCounts)
  const gaps: string[] = []
  // What any control lacks is needed 0 times, so what one control looked at is enough.
  for (const [where, counts] of first ?? [])
    for (const [what, count] of counts) {
      const least = others.reduce(
        (fewest, other) => Math.min(fewest, other.get(where)?.get(what) ?? 0),
        count,
      )
      const seen = mine.get(where)?.get(what) ?? 0
      if (seen < least)
        gaps.push(`${where.replace('*', () => what)}: looked ${seen} times, ${least} on the control`)
    }
  return gaps
}

const SUBJECT = inEachPhase((phase) => `* in ${phase}`)
const MEASURE = inEachPhase((phase) => `measure * in ${phase}`)
const CHECK = inEachPhase((phase) => `check * in ${phase}`)

/**
 * How often each thing was looked at, by the sentence that tells it with a star in its place. In two steps, since it is counted for
 * each observation of a run: a text that is put together for each would be what judging takes longest for.
 */
type LookCounts = ReadonlyMap<string, ReadonlyMap<string, number>>

const CONTROL_COUNTS = new WeakMap<AttemptState, LookCounts>()

/** A control that many cells are compared with is counted once. */
function controlCounts(control: AttemptState): LookCounts {
  let counts = control.end === undefined ? undefined : CONTROL_COUNTS.get(control)
  if (counts === undefined) CONTROL_COUNTS.set(control, (counts = lookCounts(control)))
  return counts
}

function lookCounts(attempt: AttemptState): LookCounts {
  const all = new Map<string, Map<string, number>>()
  const count = (where: string, what: string): void => {
    let counts = all.get(where)
    if (counts === undefined) all.set(where, (counts = new Map()))
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  for (const { phase, fact } of attempt.observations) {
    if (fact.kind === 'profile') count('profile *', fact.property)
    if (!COMPARED_PHASES.has(phase)) continue
    if (fact.kind === 'expectation') count(SUBJECT[phase], fact.subject)
    if (fact.kind === 'inventory') count(`inventory * ${fact.moment} in ${phase}`, fact.subject)
    if (fact.kind === 'measure') count(MEASURE[phase], fact.name)
  }
  for (const { phase, check } of attempt.checksRun) if (COMPARED_PHASES.has(phase)) count(CHECK[phase], check)
  return all
}

function inEachPhase(text: (phase: Phase) => string): Readonly<Record<Phase, string>> {
  return Object.fromEntries(PhaseSchema.options.map((phase) => [phase, text(phase)])) as Record<Phase, string>
}

/** What could not be looked at, and lists that were cut; those of the evidence collectors are notes and left out. */
export function blindSpots(
  attempts: readonly AttemptState[],
  optional: ReadonlySet<string>,
): { readonly subject: string; readonly reason: string }[] {
  const found = attempts.flatMap((attempt) =>
    attempt.observations.flatMap(({ phase, source, fact }) => {
      if (NOTES_ONLY.has(phase) || phase === 'recover' || optional.has(source)) return []
      if (fact.kind === 'blind' && !optional.has(fact.subject))
        return [{ subject: fact.subject, reason: fact.reason }]
      if (fact.kind === 'inventory' && fact.cut > 0)
        return [
          { subject: `inventory ${fact.subject}`, reason: `${fact.cut} items were cut (${fact.moment})` },
        ]
      return []
    }),
  )
  return [...new Map(found.map((entry) => [canonicalJson(entry), entry])).values()]
}
