/**
 * How bad it is that a number is worse than the control's. A policy's budget decides where there is one; elsewhere only what
 * repeats, or what no noise explains, is held against the candidate. One number against one is a fact and a reason to repeat.
 */
import type { FactOf } from '../../model/observation.ts'
import type { Budget } from '../../model/policy.ts'
import {
  areSeparated,
  compareSamples,
  median,
  worseProbability,
  type SampleComparison,
} from '../statistics/compare-samples.ts'
import { looksAt } from '../statistics/looks.ts'

export type Measure = FactOf<'measure'>

/** The numbers of each arm, attempt by attempt in their order, in the measure's unit. */
export interface Arms {
  readonly control: readonly (readonly number[])[]
  readonly candidate: readonly (readonly number[])[]
}

export interface GradeRules {
  readonly budget?: Budget | undefined
  /** Attempts of each arm that were planned, where the run may order more after it has looked at them; absent: it may not. */
  readonly plannedBeforeLooking?: number | undefined
}

export interface Grade {
  /** undecided: worse as far as it was measured, but too few numbers to tell it from noise. */
  readonly verdict: 'fail' | 'warn' | 'undecided'
  readonly comparison: SampleComparison
  /** Independent numbers of each arm: of a time or rate the median of each attempt, which has its own moment on the host; else all. */
  readonly control: readonly number[]
  readonly candidate: readonly number[]
  /** What the policy allows, as the end of a sentence; absent where no budget decided. */
  readonly allowed?: string
}

/** From this many numbers on each side the rank-sum test can reach the level (5 + 5: 0.004 one-sided). */
const ENOUGH_NUMBERS = 5
const LEVEL = 0.01
/** From this many on, numbers that the host does not move may warn, where each is worse than each of the control by the floor. */
const REPEATED = 3
const FEW_FACTOR = 2
/**
 * A change that no noise explains: twice the control's value and ten floors. What the guest counts of its own (processes,
 * handles, memory, disk) one number each side tells; a time, which the host's load moves, needs to repeat in several attempts …
 */
const CLEAR_FLOORS = 10
/** … or in each of several moments of one attempt, and be five times the control's … */
const STEADY_FACTOR = 4
/** … unless it is so long that no load explains it: ten times the control on top of it, and twenty floors. */
const ENORMOUS_FACTOR = 10
const ENORMOUS_FLOORS = 20
const DEFAULT_FLOOR_SHARE = 0.2
/** Chance at which a budget is called exceeded although it is not (three of three against three: 0.05). */
const BUDGET_LEVEL = 0.05
/** Below four against four no look before others can have a level of its own (4 + 4: 0.014). */
const FIRST_BUDGET_LOOK = 4
const ROUNDING = 1e-9

/** Grades the candidate's numbers against the control's; undefined where there is nothing to say. */
export function gradeMeasure(
  measure: Measure,
  arms: Arms,
  { budget, plannedBeforeLooking }: GradeRules = {},
): Grade | undefined {
  const sign = measure.better === 'lower' ? 1 : -1
  const signed = (attempts: Arms['control']): number[][] =>
    attempts.filter(({ length }) => length > 0).map((values) => values.map((value) => value * sign))
  const [control, candidate] = [signed(arms.control), signed(arms.candidate)]
  const [usual, mine] = [control, candidate].map((attempts) =>
    isSpeed(measure) ? attempts.map(middle) : attempts.flat(),
  ) as [number[], number[]]
  const comparison = compareSamples(usual, mine)
  if (comparison === undefined) return undefined
  const numbers: Numbers = {
    usual,
    mine,
    comparison,
    fewest: Math.min(usual.length, mine.length),
    steady: isSteady(control.flat(), candidate.flat()),
  }
  const verdict =
    budget === undefined
      ? byDefault(measure, numbers, plannedBeforeLooking)
      : byBudget(measure, budget, sign, numbers, plannedBeforeLooking)
  if (verdict === undefined) return undefined
  const allowed = budget === undefined ? {} : { allowed: describeBudget(budget, measure) }
  const unsigned = (values: readonly number[]): number[] => values.map((value) => value * sign)
  return { verdict, comparison, control: unsigned(usual), candidate: unsigned(mine), ...allowed }
}

function isSteady(control: readonly number[], candidate: readonly number[]): boolean {
  return Math.min(control.length, candidate.length) >= REPEATED && areSeparated(control, candidate)
}

/** Levels and growth of resources are the guest's own; all else, and shares of a processor, moves with the host's speed. */
export function isSpeed({ symptom, unit }: Pick<Measure, 'symptom' | 'unit'>): boolean {
  return symptom !== 'resource-growth' || unit === 'share'
}

/** Independent numbers, larger is worse. */
interface Numbers {
  readonly usual: readonly number[]
  readonly mine: readonly number[]
  readonly comparison: SampleComparison
  readonly fewest: number
  /** Each single number, also of one attempt, is worse than each of the control, and there are several. */
  readonly steady: boolean
}

function byDefault(
  measure: Measure,
  numbers: Numbers,
  planned: number | undefined,
): Grade['verdict'] | undefined {
  const { usual, mine, comparison, fewest } = numbers
  const { shift, shiftLow, separated } = comparison
  const typical = Math.abs(middle(usual))
  const floor = Math.max((measure.floorShare ?? DEFAULT_FLOOR_SHARE) * typical, measure.floorValue ?? 0)
  if (beyondNoise(measure, numbers)) return 'fail'
  const first = planned === undefined ? undefined : Math.max(ENOUGH_NUMBERS, planned)
  const worse = looksAt(fewest, LEVEL, first).some(
    ({ size, level }) => size >= ENOUGH_NUMBERS && isWorse(usual, mine, { size, level }) && shift > floor,
  )
  if (worse) return 'warn'
  // What was looked at often enough and is not worse is settled.
  if (fewest >= (first ?? ENOUGH_NUMBERS) || !separated || shift <= FEW_FACTOR * floor) return undefined
  return !isSpeed(measure) && fewest >= REPEATED && shiftLow > floor ? 'warn' : 'undecided'
}

/** So much worse that noise is no explanation. */
function beyondNoise(measure: Measure, { usual, comparison, fewest, steady }: Numbers): boolean {
  const { shift, separated } = comparison
  const value = measure.floorValue ?? 0
  if (!separated || value === 0) return false
  const typical = Math.abs(middle(usual))
  const clear = (factor: number): boolean => shift >= Math.max(factor * typical, CLEAR_FLOORS * value)
  if (!isSpeed(measure) || fewest >= REPEATED) return clear(1)
  return (
    (steady && clear(STEADY_FACTOR)) || shift >= Math.max(ENORMOUS_FACTOR * typical, ENORMOUS_FLOORS * value)
  )
}

/**
 * Over the budget for certain: worse than the control by more than is allowed, at the level of a look. A limit allows what
 * lies between it and the control; a limit that the control does not keep either says nothing of the candidate.
 */
function byBudget(
  measure: Measure,
  { absolute, relative }: Budget,
  sign: number,
  numbers: Numbers,
  planned: number | undefined,
): Grade['verdict'] | undefined {
  const { usual, mine, comparison, fewest } = numbers
  const share = relative === undefined ? Infinity : relative * Math.abs(middle(usual))
  const limit = absolute === undefined ? Infinity : absolute * sign
  const overShare = comparison.shift > share
  const overLimit = middle(mine) > limit && middle(usual) <= limit
  if (!overShare && !overLimit) return undefined
  if (beyondNoise(measure, numbers)) return 'fail'
  if (fewest < REPEATED) return 'undecided'
  const allowed = Math.min(overShare ? share : Infinity, overLimit ? limit - middle(usual) : Infinity)
  const beyond = mine.map((value) => value - allowed)
  const first = planned === undefined ? undefined : Math.max(FIRST_BUDGET_LOOK, planned)
  return looksAt(fewest, BUDGET_LEVEL, first).some((look) => isWorse(usual, beyond, look))
    ? 'fail'
    : 'undecided'
}

/** Of the first numbers of each arm, which are those that were there when this look was taken. */
function isWorse(
  usual: readonly number[],
  mine: readonly number[],
  { size, level }: { readonly size: number; readonly level: number },
): boolean {
  return worseProbability(usual.slice(0, size), mine.slice(0, size)) <= level + ROUNDING
}

/** The strictest of all that the policy says of a measure; undefined where it says nothing. */
export function budgetFor(budgets: readonly Budget[], { name, better }: Measure): Budget | undefined {
  const matching = budgets.filter(({ measure }) => covers(measure, name))
  if (matching.length === 0) return undefined
  const absolutes = matching.flatMap(({ absolute }) => absolute ?? [])
  const relatives = matching.flatMap(({ relative }) => relative ?? [])
  return {
    measure: name,
    ...(absolutes.length === 0
      ? {}
      : { absolute: better === 'lower' ? Math.min(...absolutes) : Math.max(...absolutes) }),
    ...(relatives.length === 0 ? {} : { relative: Math.min(...relatives) }),
  }
}

/** Whether a budget's name, which may end in *, is that of the measure. */
export function covers(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
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
