/** From passing and failing cells to the combinations of values that explain the failures. */
import type { Configuration } from '../../model/matrix.ts'
import { candidateCombinations } from './candidate-combinations.ts'
import type { Combination } from './candidate-combinations.ts'
import { equivalentUnder } from './equivalent-combinations.ts'
import type { Feasible } from './equivalent-combinations.ts'
import { explanations } from './explanations.ts'
import type { Explanation } from './explanations.ts'
import { commonSize, failuresOf, has, Observations, runsOf } from './observations.ts'
import type { ObservedCell } from './observed-cell.ts'

/** What stands behind a suspect. */
export interface Support {
  /** Failed runs and all runs of the cells that hold the combination. */
  readonly failures: number
  readonly runs: number
  /** Cells with a failure that hold it, and all cells with a failure. */
  readonly failingCells: number
  readonly allFailingCells: number
  /** Of its values: how many were shown to be needed, by a cell that holds all the others, lacks this one and passed. */
  readonly contrasts: number
  /** Enough to call it the cause: see `SUFFICIENT`. */
  readonly sufficient: boolean
}

/** A combination that explains failures, with those that constraints make indistinguishable from it. */
export interface Suspect {
  readonly values: Configuration
  /** Belief, 0 to 1, that it is a culprit, given what was weighed. */
  readonly probability: number
  readonly support: Support
  /** Other combinations that every possible configuration holds together with this one: no run can tell them apart. */
  readonly equivalent: readonly Configuration[]
}

export interface SuspectReport {
  /** The most believed first. */
  readonly suspects: readonly Suspect[]
  /** Sets of culprits that explain all failures together, the most believed first: two entries in one set are two independent culprits. */
  readonly explanations: readonly {
    readonly culprits: readonly Configuration[]
    readonly probability: number
  }[]
}

export interface SuspectOptions {
  /** The values that each axis can have. */
  readonly axes: Readonly<Record<string, readonly string[]>>
  /** Whether some valid configuration holds these values. */
  readonly feasible: Feasible
  /** Longest list of suspects; default 20. */
  readonly limit?: number
}

/** A suspect may be called the cause from this belief on, held by two failed runs and with every value shown to be needed. */
export const SUFFICIENT = { probability: 0.9, failures: 2 } as const

/** Ranks the suspects. Deterministic; without a failing cell both lists are empty. */
export function findSuspects(cells: readonly ObservedCell[], options: SuspectOptions): SuspectReport {
  const observations = new Observations(cells)
  const levels = observations.symbols.map(({ axis }) => options.axes[axis]?.length ?? 1)
  const candidates = candidateCombinations(observations, levels, Object.keys(options.axes).length)
  const explained = explanations(observations, candidates)
  return {
    suspects: rank(explained, observations, options),
    explanations: explained.map(({ culprits, probability }) => ({
      culprits: culprits.map((culprit) => named(culprit, observations)),
      probability,
    })),
  }
}

function rank(
  explained: readonly Explanation[],
  observations: Observations,
  options: SuspectOptions,
): Suspect[] {
  const beliefs = new Map<Combination, number>()
  for (const { culprits, probability } of explained) {
    for (const culprit of culprits) beliefs.set(culprit, (beliefs.get(culprit) ?? 0) + probability)
  }
  const classes: { readonly first: Combination; readonly others: Combination[]; belief: number }[] = []
  const sorted = [...beliefs].sort(([a, x], [b, y]) => y - x || a.symbols.length - b.symbols.length)
  for (const [combination, belief] of sorted.slice(0, 4 * (options.limit ?? 20))) {
    const known = classes.find((one) => same(one.first, combination, observations, options))
    if (known === undefined) classes.push({ first: combination, others: [], belief })
    else {
      known.others.push(combination)
      known.belief += belief
    }
  }
  return classes
    .sort((a, b) => b.belief - a.belief)
    .slice(0, options.limit ?? 20)
    .map(({ first, others, belief }) => ({
      values: named(first, observations),
      probability: Math.min(1, belief),
      support: supportOf(first, belief, observations),
      equivalent: others.map((other) => named(other, observations)),
    }))
}

function same(
  one: Combination,
  other: Combination,
  observations: Observations,
  options: SuspectOptions,
): boolean {
  if (!one.present.every((word, at) => word === other.present[at])) return false
  return equivalentUnder(named(one, observations), named(other, observations), options.axes, options.feasible)
}

function supportOf(combination: Combination, belief: number, observations: Observations): Support {
  const tally = observations.tally(combination.present)
  const failures = failuresOf(tally)
  const contrasts = combination.symbols.filter((symbol) => isNeeded(symbol, combination, observations)).length
  const sufficient =
    belief >= SUFFICIENT.probability &&
    failures >= SUFFICIENT.failures &&
    contrasts === combination.symbols.length
  return {
    failures,
    runs: runsOf(tally),
    failingCells: commonSize(combination.present, observations.failing),
    allFailingCells: commonSize(observations.failing, observations.failing),
    contrasts,
    sufficient,
  }
}

function isNeeded(symbol: number, combination: Combination, observations: Observations): boolean {
  const rest = combination.symbols.filter((other) => other !== symbol)
  return observations.cells.some(
    (cell, at) =>
      cell.failures === 0 &&
      !has(observations.holders[symbol]!, at) &&
      rest.every((other) => has(observations.holders[other]!, at)),
  )
}

function named(combination: Combination, observations: Observations): Configuration {
  return Object.fromEntries(
    combination.symbols.map((symbol) => [
      observations.symbols[symbol]!.axis,
      observations.symbols[symbol]!.value,
    ]),
  )
}
