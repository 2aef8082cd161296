/** Numbers of the candidate's arm that are worse than the control's beyond noise and beyond what anybody cares about. */
import type { Observation } from '../../model/observation.ts'
import type { Phase } from '../../model/phase.ts'
import type { Budget } from '../../model/policy.ts'
import type { AttemptState } from '../../model/run-state.ts'
import type { OpenMeasure } from '../../model/verdict.ts'
import { judgedBoots, observationsOf, seenAfterInstall } from '../attempt-view.ts'
import { makeFinding, type Finding, type UnprovenFinding } from '../finding.ts'
import { median } from '../statistics/compare-samples.ts'
import { ENOUGH_NUMBERS, gradeMeasure, isSpeed, type Grade, type Measure } from './grade-measure.ts'
import { compareHosts, type ControlOrigin, type HostComparison } from './host-speed.ts'

type Sample = { readonly observation: Observation; readonly measure: Measure }

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
  readonly budgets: readonly Budget[]
}

type Compared = { readonly finding: Finding } | UnprovenFinding | { readonly open: OpenMeasure }

/** Pools the numbers of all valid attempts of each arm, by name and phase. */
export function measureSymptoms(
  candidates: readonly AttemptState[],
  controls: readonly AttemptState[],
  { origin, budgets }: MeasureContext,
): MeasureResult {
  const hosts = compareHosts(candidates, controls, origin)
  const before = slownessBefore(candidates, controls)
  const mine = samplesByKey(candidates)
  const theirs = samplesByKey(controls)
  const uncompared = [...mine.keys()].filter((key) => !theirs.has(key))
  const compared = [...mine].flatMap(([key, samples]) => {
    const budget = budgets.find(({ measure }) => covers(measure, samples[0]?.measure.name ?? ''))
    const found = compareMeasure(key, samples, theirs.get(key) ?? [], { hosts, before, budget })
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

/** Whether a budget's name, which may end in *, is that of the measure. */
function covers(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

function compareMeasure(
  key: string,
  samples: readonly Sample[],
  reference: readonly Sample[],
  context: {
    readonly hosts: HostComparison
    readonly before: (measure: Measure) => number
    readonly budget: Budget | undefined
  },
): Compared | undefined {
  const last = samples.at(-1)
  if (last === undefined) return undefined
  const { measure } = last
  const { hosts, budget } = context
  const control = reference.map((sample) => sample.measure.value)
  const candidate = samples.map((sample) => sample.measure.value)
  const grade = gradeMeasure(measure, control, candidate, budget)
  if (grade === undefined) return undefined
  const numbers = `${listed(candidate)} ${measure.unit} against ${listed(control)} without the candidate`
  const open = (because: string): Compared => ({
    open: { measure: key, because: `${numbers}; ${because}`, budget: budget !== undefined },
  })
  const found = (severity: 'fail' | 'warn'): Finding =>
    worseFinding(last, grade, severity, control, candidate)
  /** The grade if the control had been measured on a machine that many times as slow. */
  const gradeWith = (slowdown: number): Grade['verdict'] | undefined =>
    gradeMeasure(
      measure,
      control.map((value) => value * (measure.better === 'lower' ? slowdown : 1 / slowdown)),
      candidate,
      budget,
    )?.verdict
  const { where, elsewhere, slowdown } = hosts
  if (grade.verdict === 'undecided')
    return open(`${grade.fewest} on the arm that has fewer do not tell it from noise`)
  if (where !== undefined && isSpeed(measure) && gradeWith(slowdown) !== grade.verdict) {
    const because = `${where}, and starts here took ${round(slowdown)} times as long already before the candidate came`
    return budget === undefined ? { finding: found('warn'), because } : open(because)
  }
  if (where === undefined || !isSpeed(measure)) {
    // Numbers of one attempt share its moment: a machine that was slow before the candidate came explains a few slow ones.
    const earlier = isSpeed(measure) && grade.verdict === 'warn' && grade.fewest < ENOUGH_NUMBERS
    const already = earlier ? Math.max(slowdown, context.before(measure)) : 1
    if (already > 1 && gradeWith(already) !== grade.verdict)
      return open(`this machine was ${round(already)} times as slow already before the candidate came`)
    return { finding: found(grade.verdict) }
  }
  return elsewhere ? { finding: found(grade.verdict), because: where } : { finding: found(grade.verdict) }
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

function worseFinding(
  last: Sample,
  { comparison, allowed }: Grade,
  severity: 'fail' | 'warn',
  control: readonly number[],
  candidate: readonly number[],
): Finding {
  const { measure, observation } = last
  const { unit, name } = measure
  const shift = `${round(comparison.shift)} ${unit} (interval ${round(comparison.shiftLow)} … ${round(comparison.shiftHigh)})`
  return makeFinding({
    class: measure.symptom,
    severity,
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

function samplesByKey(attempts: readonly AttemptState[]): Map<string, Sample[]> {
  const samples = attempts.flatMap((attempt) =>
    [
      ...observationsOf(attempt, 'measure').map((observation) => ({
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
    return [{ observation, measure }]
  })
}

function listed(values: readonly number[]): string {
  const shown = values.slice(0, 12).map(round).join(', ')
  return values.length > 12 ? `${shown}, … (${values.length} in all)` : shown
}

function round(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : '∞'
}
