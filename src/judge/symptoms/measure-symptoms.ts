/** Numbers of the candidate's arm that are worse than the control's beyond noise and beyond what anybody cares about. */
import type { FactOf, Observation } from '../../model/observation.ts'
import type { Phase } from '../../model/phase.ts'
import type { AttemptState } from '../../model/run-state.ts'
import { judgedBoots, observationsOf, seenAfterInstall } from '../attempt-view.ts'
import { makeFinding, type Finding, type UnprovenFinding } from '../finding.ts'
import { compareSamples, median, type SampleComparison } from '../statistics/compare-samples.ts'
import { compareHosts, type ControlOrigin, type HostComparison } from './host-speed.ts'

type Measure = FactOf<'measure'>
type Severity = Finding['symptom']['severity']
type Sample = { readonly observation: Observation; readonly measure: Measure }

/** Phases that both arms go through with the machine in the same state but for the candidate. */
const COMPARED_PHASES: ReadonlySet<Phase> = new Set<Phase>(['check', 'restart', 'soak'])
/** From this many numbers on each side the rank-sum test can reach the level (5 + 5: 0.008). */
const ENOUGH = 5
const LEVEL = 0.01
/** With fewer, complete separation and twice the floor are asked for, and the finding is never more than a warning … */
const FEW_FACTOR = 2
/**
 * … except at a change that no noise explains: twice the control's value and ten floors. What the guest counts of its own
 * (processes, handles, memory, disk) one number each side tells; a time, which the host's load moves, needs three.
 */
const BUDGET_FLOORS = 10
const BUDGET_SAMPLES = 3
const DEFAULT_FLOOR_SHARE = 0.2

export interface MeasureResult {
  readonly findings: readonly Finding[]
  /** Worse than on the control, where the host may be why. */
  readonly unproven: readonly UnprovenFinding[]
  /** Measures of the candidate's arm that no control has: nothing was compared. */
  readonly uncompared: readonly string[]
}

/** Pools the numbers of all valid attempts of each arm, by name and phase. */
export function measureSymptoms(
  candidates: readonly AttemptState[],
  controls: readonly AttemptState[],
  origin: ControlOrigin = 'own',
): MeasureResult {
  const hosts = compareHosts(candidates, controls, origin)
  const mine = samplesByKey(candidates)
  const theirs = samplesByKey(controls)
  const findings: Finding[] = []
  const unproven: UnprovenFinding[] = []
  const uncompared: string[] = []
  for (const [key, samples] of mine) {
    const reference = theirs.get(key)
    const found = reference === undefined ? undefined : compareMeasure(samples, reference, hosts)
    if (reference === undefined) uncompared.push(key)
    else if (found !== undefined && 'because' in found) unproven.push(found)
    else if (found !== undefined) findings.push(found)
  }
  return { findings, unproven, uncompared }
}

function compareMeasure(
  samples: readonly Sample[],
  reference: readonly Sample[],
  hosts: HostComparison,
): Finding | UnprovenFinding | undefined {
  const last = samples.at(-1)
  if (last === undefined) return undefined
  const { measure } = last
  const control = reference.map((sample) => sample.measure.value)
  const candidate = samples.map((sample) => sample.measure.value)
  const grade = gradeOf(measure, control, candidate)
  if (grade === undefined) return undefined
  const found = (severity: Severity): Finding =>
    worseFinding(last, grade.comparison, severity, control, candidate)
  const { where, elsewhere, slowdown } = hosts
  if (where === undefined || !isSpeed(measure)) return found(grade.severity)
  // What the control would have shown on a host as slow as this one was before the candidate came.
  const factor = measure.better === 'lower' ? slowdown : 1 / slowdown
  const here = gradeOf(
    measure,
    control.map((value) => value * factor),
    candidate,
  )
  if (here?.severity !== grade.severity)
    return {
      finding: found('warn'),
      because: `${where}, and starts here took ${round(slowdown)} times as long already before the candidate came`,
    }
  return elsewhere ? { finding: found(grade.severity), because: where } : found(grade.severity)
}

/** Levels and growth of resources are the guest's own; all else, and shares of a processor, moves with the host's speed. */
function isSpeed({ symptom, unit }: Measure): boolean {
  return symptom !== 'resource-growth' || unit === 'share'
}

function gradeOf(
  measure: Measure,
  control: readonly number[],
  candidate: readonly number[],
): { readonly comparison: SampleComparison; readonly severity: Severity } | undefined {
  const sign = measure.better === 'lower' ? 1 : -1
  const comparison = compareSamples(
    control.map((value) => value * sign),
    candidate.map((value) => value * sign),
  )
  if (comparison === undefined) return undefined
  const severity = severityOf(comparison, measure, control, candidate.length)
  return severity === undefined ? undefined : { comparison, severity }
}

function severityOf(
  comparison: SampleComparison,
  measure: Measure,
  control: readonly number[],
  count: number,
): Severity | undefined {
  const fewest = Math.min(control.length, count)
  const usual = Math.abs(median([...control].sort((a, b) => a - b)))
  const floor = Math.max((measure.floorShare ?? DEFAULT_FLOOR_SHARE) * usual, measure.floorValue ?? 0)
  const { shift, separated, probability } = comparison
  const budget = measure.floorValue ?? 0
  const enough = isSpeed(measure) ? BUDGET_SAMPLES : 1
  if (separated && fewest >= enough && budget > 0 && shift >= Math.max(usual, BUDGET_FLOORS * budget))
    return 'fail'
  if (fewest >= ENOUGH) return probability < LEVEL && shift > floor ? 'warn' : undefined
  return separated && shift > FEW_FACTOR * floor ? 'warn' : undefined
}

function worseFinding(
  last: Sample,
  comparison: SampleComparison,
  severity: Severity,
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
    summary: `${name} is worse than on the control by ${shift}`,
    seen: `${listed(candidate)} ${unit}; p = ${comparison.probability.toPrecision(2)} with ${candidate.length} against ${control.length}, smallest possible ${comparison.smallestProbability.toPrecision(2)}, minimum detectable ${round(comparison.minimumDetectableShift)} ${unit}`,
    expected: `as on the control: ${listed(control)} ${unit}`,
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
