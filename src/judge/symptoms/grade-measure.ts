/**
 * How bad it is that a number is worse than the control's. A policy's budget decides where there is one; elsewhere only what
 * repeats, or what no noise explains, is held against the candidate. One number against one is a fact and a reason to repeat.
 */
import type { FactOf } from '../../model/observation.ts'
import type { Budget } from '../../model/policy.ts'
import { compareSamples, median, type SampleComparison } from '../statistics/compare-samples.ts'
import { signTest } from '../statistics/sign-test.ts'

export type Measure = FactOf<'measure'>

export interface Grade {
  /** undecided: worse as far as it was measured, but too few numbers to tell it from noise. */
  readonly verdict: 'fail' | 'warn' | 'undecided'
  readonly comparison: SampleComparison
  /** Numbers on the arm that has fewer. */
  readonly fewest: number
  /** What the policy allows, as the end of a sentence; absent where no budget decided. */
  readonly allowed?: string
}

/** From this many numbers on each side the rank-sum test can reach the level (5 + 5: 0.008). */
export const ENOUGH_NUMBERS = 5
const LEVEL = 0.01
/** From this many on, complete separation by twice the floor is a warning; with fewer it is a fact. */
const REPEATED = 3
const FEW_FACTOR = 2
/**
 * A change that no noise explains: twice the control's value and ten floors. What the guest counts of its own (processes,
 * handles, memory, disk) one number each side tells; a time, which the host's load moves, needs to repeat …
 */
const CLEAR_FLOORS = 10
/** … unless it is so long that no load explains it: ten times the control on top of it, and twenty floors. */
const ENORMOUS_FACTOR = 10
const ENORMOUS_FLOORS = 20
const DEFAULT_FLOOR_SHARE = 0.2
/** Chance at which an absolute limit counts as exceeded by the median (five of five: 0.03). */
const BUDGET_LEVEL = 0.05

/** Grades `candidate` against `control`, both in the measure's unit; undefined where there is nothing to say. */
export function gradeMeasure(
  measure: Measure,
  control: readonly number[],
  candidate: readonly number[],
  budget: Budget | undefined,
): Grade | undefined {
  const sign = measure.better === 'lower' ? 1 : -1
  const [usual, mine] = [control, candidate].map((values) => values.map((value) => value * sign)) as [
    number[],
    number[],
  ]
  const comparison = compareSamples(usual, mine)
  if (comparison === undefined) return undefined
  const fewest = Math.min(control.length, candidate.length)
  const verdict =
    budget === undefined
      ? byDefault(measure, comparison, middle(usual), fewest)
      : byBudget(budget, sign, comparison, usual, mine)
  if (verdict === undefined) return undefined
  const allowed = budget === undefined ? {} : { allowed: describeBudget(budget, measure) }
  return { verdict, comparison, fewest, ...allowed }
}

/** Levels and growth of resources are the guest's own; all else, and shares of a processor, moves with the host's speed. */
export function isSpeed({ symptom, unit }: Pick<Measure, 'symptom' | 'unit'>): boolean {
  return symptom !== 'resource-growth' || unit === 'share'
}

function byDefault(
  measure: Measure,
  { shift, separated, probability }: SampleComparison,
  signedUsual: number,
  fewest: number,
): Grade['verdict'] | undefined {
  const usual = Math.abs(signedUsual)
  const value = measure.floorValue ?? 0
  const floor = Math.max((measure.floorShare ?? DEFAULT_FLOOR_SHARE) * usual, value)
  const clear = shift >= Math.max(usual, CLEAR_FLOORS * value)
  const enormous = shift >= Math.max(ENORMOUS_FACTOR * usual, ENORMOUS_FLOORS * value)
  if (separated && value > 0 && (isSpeed(measure) && fewest < REPEATED ? enormous : clear)) return 'fail'
  if (fewest >= ENOUGH_NUMBERS) return probability < LEVEL && shift > floor ? 'warn' : undefined
  if (!separated || shift <= FEW_FACTOR * floor) return undefined
  return fewest < REPEATED ? 'undecided' : 'warn'
}

/**
 * Over the budget for certain: every number that noise leaves for the difference (its whole range with few numbers, the 95 %
 * interval with more) is above what is allowed. A limit that the control does not keep either says nothing of the candidate.
 */
function byBudget(
  { absolute, relative }: Budget,
  sign: number,
  comparison: SampleComparison,
  control: readonly number[],
  candidate: readonly number[],
): Grade['verdict'] | undefined {
  const fewest = Math.min(control.length, candidate.length)
  const share = relative === undefined ? Infinity : relative * Math.abs(middle(control))
  const limit = absolute === undefined ? Infinity : absolute * sign
  const overShare = comparison.shift > share
  const overLimit = middle(candidate) > limit && middle(control) <= limit
  if (!overShare && !overLimit) return undefined
  if (fewest < REPEATED) return 'undecided'
  const worse = comparison.separated || comparison.probability < BUDGET_LEVEL
  const above = candidate.filter((value) => value > limit).length
  const surelyAbove =
    candidate.length < ENOUGH_NUMBERS
      ? above === candidate.length
      : signTest(above, candidate.length) < BUDGET_LEVEL
  return (overShare && comparison.shiftLow > share) || (overLimit && worse && surelyAbove)
    ? 'fail'
    : 'undecided'
}

function describeBudget({ absolute, relative }: Budget, { unit, better }: Measure): string {
  const parts = [
    ...(absolute === undefined ? [] : [`${better === 'lower' ? 'at most' : 'at least'} ${absolute} ${unit}`]),
    ...(relative === undefined ? [] : [`at most ${relative * 100} % worse than the control`]),
  ]
  return parts.join(' and ')
}

function middle(values: readonly number[]): number {
  return median([...values].sort((a, b) => a - b))
}
