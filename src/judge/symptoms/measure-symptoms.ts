/** Numbers of the candidate's arm that are worse than the control's beyond noise and beyond what anybody cares about. */
import type { FactOf, Observation } from '../../model/observation.ts'
import type { Phase } from '../../model/phase.ts'
import type { AttemptState } from '../../model/run-state.ts'
import { judgedBoots, observationsOf, seenAfterInstall } from '../attempt-view.ts'
import { makeFinding, type Finding } from '../finding.ts'
import { compareSamples, median, type SampleComparison } from '../statistics/compare-samples.ts'

type Measure = FactOf<'measure'>
type Sample = { readonly observation: Observation; readonly measure: Measure }

/** Phases that both arms go through with the machine in the same state but for the candidate. */
const COMPARED_PHASES: ReadonlySet<Phase> = new Set<Phase>(['check', 'restart', 'soak'])
/** From this many numbers on each side the rank-sum test can reach the level (5 + 5: 0.008). */
const ENOUGH = 5
const LEVEL = 0.01
/** With fewer, complete separation and twice the floor are asked for, and the finding is never more than a warning … */
const FEW_FACTOR = 2
/** … except at a change that no noise explains: twice the control's value and ten floors, on three numbers each side. */
const BUDGET_FLOORS = 10
const BUDGET_SAMPLES = 3
const DEFAULT_FLOOR_SHARE = 0.2

export interface MeasureResult {
  readonly findings: readonly Finding[]
  /** Measures of the candidate's arm that no control has: nothing was compared. */
  readonly uncompared: readonly string[]
}

/** Pools the numbers of all valid attempts of each arm, by name and phase. */
export function measureSymptoms(
  candidates: readonly AttemptState[],
  controls: readonly AttemptState[],
): MeasureResult {
  const mine = samplesByKey(candidates)
  const theirs = samplesByKey(controls)
  const findings: Finding[] = []
  const uncompared: string[] = []
  for (const [key, samples] of mine) {
    const reference = theirs.get(key)
    if (reference === undefined) uncompared.push(key)
    else findings.push(...compareMeasure(samples, reference))
  }
  return { findings, uncompared }
}

function compareMeasure(samples: readonly Sample[], reference: readonly Sample[]): Finding[] {
  const last = samples.at(-1)
  if (last === undefined) return []
  const { measure } = last
  const sign = measure.better === 'lower' ? 1 : -1
  const control = reference.map((sample) => sample.measure.value)
  const candidate = samples.map((sample) => sample.measure.value)
  const comparison = compareSamples(
    control.map((value) => value * sign),
    candidate.map((value) => value * sign),
  )
  if (comparison === undefined) return []
  const severity = severityOf(comparison, measure, control, candidate.length)
  if (severity === undefined) return []
  return [worseFinding(last, comparison, severity, control, candidate)]
}

function severityOf(
  comparison: SampleComparison,
  measure: Measure,
  control: readonly number[],
  count: number,
): 'fail' | 'warn' | undefined {
  const fewest = Math.min(control.length, count)
  const usual = Math.abs(median([...control].sort((a, b) => a - b)))
  const floor = Math.max((measure.floorShare ?? DEFAULT_FLOOR_SHARE) * usual, measure.floorValue ?? 0)
  const { shift, separated, probability } = comparison
  const budget = measure.floorValue ?? 0
  if (separated && fewest >= BUDGET_SAMPLES && budget > 0 && shift >= Math.max(usual, BUDGET_FLOORS * budget))
    return 'fail'
  if (fewest >= ENOUGH) return probability < LEVEL && shift > floor ? 'warn' : undefined
  return separated && shift > FEW_FACTOR * floor ? 'warn' : undefined
}

function worseFinding(
  last: Sample,
  comparison: SampleComparison,
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
    summary: `${name} is worse than on the control by ${shift}`,
    seen: `${listed(candidate)} ${unit}; p = ${comparison.probability.toPrecision(2)} with ${candidate.length} against ${control.length}, smallest possible ${comparison.smallestProbability.toPrecision(2)}, minimum detectable ${round(comparison.minimumDetectableShift)} ${unit}`,
    expected: `as on the control: ${listed(control)} ${unit}`,
    observation,
    afterInstall: true,
    yardstick: { kind: 'compared' },
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
