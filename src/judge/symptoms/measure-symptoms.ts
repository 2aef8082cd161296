/** Numbers of the candidate's arm that are worse than the control's beyond noise and beyond what anybody cares about. */
import type { Instant } from '../../kit/clock.ts'
import type { Observation } from '../../model/observation.ts'
import type { Phase } from '../../model/phase.ts'
import type { Budget } from '../../model/policy.ts'
import type { AttemptState } from '../../model/run-state.ts'
import type { OpenMeasure } from '../../model/verdict.ts'
import { judgedBoots, observationsOf, seenAfterInstall } from '../attempt-view.ts'
import { makeFinding, type Finding, type UnprovenFinding } from '../finding.ts'
import { median } from '../statistics/compare-samples.ts'
import {
  budgetFor,
  covers,
  gradeMeasure,
  isSpeed,
  type Grade,
  type GradeRules,
  type Measure,
} from './grade-measure.ts'
import { compareHosts, type ControlOrigin, type HostComparison } from './host-speed.ts'

type Sample = { readonly attempt: AttemptState; readonly observation: Observation; readonly measure: Measure }

/** Phases that both arms go through with the machine in the same state but for the candidate. */
const COMPARED_PHASES: ReadonlySet<Phase> = new Set<Phase>(['check', 'restart', 'soak'])

export interface MeasureResult {
  readonly findings: readonly Finding[]
  /** Worse than on the control, where the host may be why. */
  readonly unproven: readonly UnprovenFinding[]
  /** Worse as far as they were measured, with too few numbers to tell it from noise: a fact, and a reason to repeat. */
  readonly open: readonly OpenMeasure[]
  /** Measures of the candidate's arm that no control has: nothing was compared. */
  readonly uncompared: readonly string[]
  /** Budgets of the policy for which the candidate's arm has no number at all. */
  readonly unmeasured: readonly string[]
}

/** Where the numbers come from, and what the policy allows. */
export interface MeasureContext {
  readonly origin: ControlOrigin
  /** When the run began: a control that was measured before it was measured under another load. */
  readonly runStartedAt: Instant
  readonly budgets: readonly Budget[]
  /** See GradeRules. */
  readonly plannedBeforeLooking: number | undefined
}

type Compared = { readonly finding: Finding } | UnprovenFinding | { readonly open: OpenMeasure }

/** Pools the numbers of all valid attempts of each arm, by name and phase. */
export function measureSymptoms(
  candidates: readonly AttemptState[],
  controls: readonly AttemptState[],
  context: MeasureContext,
): MeasureResult {
  const { budgets } = context
  const mine = samplesByKey(candidates)
  const theirs = samplesByKey(controls)
  const speeds = besideOf(candidates, controls, context)
  const theirSpeeds = samplesByKey(speeds.controls)
  const uncompared = [...mine.keys()].filter((key) => !theirs.has(key))
  const compared = [...mine].flatMap(([key, samples]) => {
    const measure = samples[0]?.measure
    if (measure === undefined) return []
    const reference = (isSpeed(measure) ? theirSpeeds : theirs).get(key) ?? theirs.get(key) ?? []
    const rules = {
      budget: budgetFor(budgets, measure),
      plannedBeforeLooking: context.plannedBeforeLooking,
    }
    const found = compareMeasure(key, samples, reference, { ...speeds, rules })
    return found === undefined ? [] : [found]
  })
  const names = [...mine.values()].flatMap((samples) => samples[0]?.measure.name ?? [])
  return {
    findings: compared.flatMap((found) =>
      'finding' in found && !('because' in found) ? [found.finding] : [],
    ),
    unproven: compared.flatMap((found) => ('because' in found ? [found] : [])),
    open: compared.flatMap((found) => ('open' in found ? [found.open] : [])),
    uncompared,
    unmeasured:
      candidates.length === 0
        ? []
        : budgets.flatMap(({ measure }) => (names.some((name) => covers(measure, name)) ? [] : [measure])),
  }
}

/** What speeds are compared with. */
interface SpeedReference {
  readonly controls: readonly AttemptState[]
  readonly hosts: HostComparison
  readonly before: (measure: Measure) => number
}

/** Controls that ran on the candidate's hosts and in its run where there are any: speeds of another time or host are not the same. */
function besideOf(
  candidates: readonly AttemptState[],
  controls: readonly AttemptState[],
  { origin, runStartedAt }: MeasureContext,
): SpeedReference {
  const hosts = new Set(candidates.map(({ host }) => host))
  const beside = controls.filter(({ host, startedAt }) => hosts.has(host) && startedAt >= runStartedAt)
  const chosen = beside.length === 0 ? controls : beside
  return {
    controls: chosen,
    hosts: compareHosts(candidates, chosen, beside.length > 0 && origin === 'store' ? 'own' : origin),
    before: slownessBefore(candidates, chosen),
  }
}

function compareMeasure(
  key: string,
  samples: readonly Sample[],
  reference: readonly Sample[],
  context: SpeedReference & { readonly rules: GradeRules },
): Compared | undefined {
  const last = samples.at(-1)
  if (last === undefined) return undefined
  const { measure } = last
  const { hosts, rules, before } = context
  const [control, candidate] = [byAttempt(reference), byAttempt(samples)]
  const grade = gradeMeasure(measure, { control, candidate }, rules)
  if (grade === undefined) return undefined
  const numbers = `${listed(candidate.flat())} ${measure.unit} against ${listed(control.flat())} without the candidate`
  const open = (because: string): Compared => ({
    open: { measure: key, because: `${numbers}; ${because}`, budget: rules.budget !== undefined },
  })
  const found = { finding: worseFinding(last, grade) }
  if (!isSpeed(measure))
    return grade.verdict === 'undecided' ? open('so few numbers do not tell it from noise') : found
  /** The grade if the control had been measured on a machine that many times as slow. */
  const gradeWith = (slowdown: number): Grade['verdict'] | undefined => {
    const slowed = control.map((values) =>
      values.map((value) => value * (measure.better === 'lower' ? slowdown : 1 / slowdown)),
    )
    return gradeMeasure(measure, { control: slowed, candidate }, rules)?.verdict
  }
  const { where, elsewhere, slowdown } = hosts
  const already = Math.max(slowdown, where === undefined ? before(measure) : 1)
  if (already > 1 && gradeWith(already) !== grade.verdict)
    return open(
      `${where === undefined ? '' : `${where}, and `}this machine was ${round(already)} times as slow already before the candidate came`,
    )
  if (grade.verdict === 'undecided')
    return open(
      `so few attempts (${candidate.length} with it, ${control.length} without it) do not tell it from noise`,
    )
  if (where === undefined || !elsewhere) return found
  // A time that was measured under another load is no reference for a warning.
  return grade.verdict === 'warn' ? open(where) : { ...found, because: where }
}

/** How many times as slow the candidate's machines were before it came, by the baseline of the same measure; 1 where unknown. */
function slownessBefore(
  candidates: readonly AttemptState[],
  controls: readonly AttemptState[],
): (measure: Measure) => number {
  const baseline = (attempts: readonly AttemptState[], base: string): number[] =>
    attempts
      .flatMap((attempt) => observationsOf(attempt, 'measure'))
      .filter(({ phase, fact }) => phase === 'baseline' && baseOf(fact.name) === base)
      .map(({ fact }) => fact.value)
      .sort((a, b) => a - b)
  return ({ name, better }) => {
    const [mine, theirs] = [
      median(baseline(candidates, baseOf(name))),
      median(baseline(controls, baseOf(name))),
    ]
    const ratio = better === 'lower' ? mine / theirs : theirs / mine
    return Number.isFinite(ratio) ? Math.max(1, ratio) : 1
  }
}

/** The name without the moment that checks put behind it. */
function baseOf(name: string): string {
  const colon = name.lastIndexOf(':')
  return colon === -1 ? name : name.slice(0, colon)
}

function worseFinding(last: Sample, grade: Grade): Finding {
  const { measure, observation } = last
  const { comparison, allowed, control, candidate, verdict } = grade
  const { unit, name } = measure
  const shift = `${round(comparison.shift)} ${unit} (interval ${round(comparison.shiftLow)} … ${round(comparison.shiftHigh)})`
  return makeFinding({
    class: measure.symptom,
    severity: verdict === 'fail' ? 'fail' : 'warn',
    code: name,
    argumentClass: observation.phase,
    summary: `${name} is worse than on the control by ${shift}${allowed === undefined ? '' : `, over the budget of ${allowed}`}`,
    seen: `${listed(candidate)} ${unit}; p = ${comparison.probability.toPrecision(2)} with ${candidate.length} against ${control.length}, smallest possible ${comparison.smallestProbability.toPrecision(2)}, minimum detectable ${round(comparison.minimumDetectableShift)} ${unit}`,
    expected: `${allowed === undefined ? 'as' : `${allowed};`} on the control: ${listed(control)} ${unit}`,
    observation,
    afterInstall: true,
    basis: { kind: 'compared' },
  })
}

/** Numbers of each attempt. */
function byAttempt(samples: readonly Sample[]): number[][] {
  return [...Map.groupBy(samples, ({ attempt }) => attempt).values()].map((group) =>
    group.map(({ measure }) => measure.value),
  )
}

function samplesByKey(attempts: readonly AttemptState[]): Map<string, Sample[]> {
  const samples = attempts.flatMap((attempt) =>
    [
      ...observationsOf(attempt, 'measure').map((observation) => ({
        attempt,
        observation,
        measure: observation.fact,
      })),
      ...startTimes(attempt),
    ].filter(
      ({ observation }) =>
        COMPARED_PHASES.has(observation.phase) &&
        (attempt.arm === 'control' || seenAfterInstall(attempt, observation)),
    ),
  )
  return Map.groupBy(samples, ({ observation, measure }) => `${measure.name} (${observation.phase})`)
}

/** How long starts took, as a measure that every attempt has. A start that did not settle is not slow, it is broken. */
function startTimes(attempt: AttemptState): Sample[] {
  return judgedBoots(attempt).flatMap((observation) => {
    const value = observation.fact.settledMs ?? observation.fact.readyMs
    if (value === undefined || observation.fact.ended !== 'settled') return []
    const measure: Measure = {
      kind: 'measure',
      name: 'start-time',
      value,
      unit: 'ms',
      better: 'lower',
      symptom: 'perf-regression',
      floorShare: 0.25,
      floorValue: 2000,
    }
    return [{ attempt, observation, measure }]
  })
}

function listed(values: readonly number[]): string {
  const shown = values.slice(0, 12).map(round).join(', ')
  return values.length > 12 ? `${shown}, … (${values.length} in all)` : shown
}

function round(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : '∞'
}
