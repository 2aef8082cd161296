/** The engine's door: a covering array for a problem, as small as the effort allows, with the bound that it is held against. */
import { seededRandom } from '../../kit/random.ts'
import { ArraySearch } from './array-search.ts'
import type { SmallArray } from './algebraic-start.ts'
import { binomial } from './binomial.ts'
import { blockStart } from './block-start.ts'
import { buildGreedily } from './build-greedily.ts'
import { ConstraintSolver } from './constraint-solver.ts'
import { coveringModel } from './covering-model.ts'
import type { CoveringModel } from './covering-model.ts'
import { Effort } from './effort.ts'
import { FeasiblePairs } from './feasible-pairs.ts'
import { lowerBound } from './lower-bound.ts'
import { MOST_COUNTED_ROWS } from './tuple-counts.ts'
import { TupleIndex } from './tuple-index.ts'
import { EARLIER, INFEASIBLE, TupleStatus } from './tuple-status.ts'

export interface CoveringProblem {
  readonly model: CoveringModel
  /** What must be covered: every feasible combination of `strength` values of these axes. */
  readonly families: readonly { readonly axes: readonly number[]; readonly strength: number }[]
  /** Rows that must be in (symbols, −1 for a free cell); each must be extendable to a valid row. */
  readonly seeds: readonly Int32Array[]
  /** Rows that count as covered already and are no part of the array (−1: a cell that does not count). */
  readonly earlier: readonly Int32Array[]
  /** Preference of each symbol among equally good ones. */
  readonly weights: Float64Array
}

export interface CoveringArray {
  /** Symbols; the seeds come first, in their order. */
  readonly rows: readonly Int32Array[]
  /** No array for this problem has fewer rows. */
  readonly lowerBound: number
  /** What is known about every tuple of each family, with nothing open. */
  readonly families: readonly TupleStatus[]
}

/** What the first, greedy array may cost if a choice is left; the search after it wins more per step. */
const GREEDY_STEPS = 40_000_000
/** For a part of a construction, by its strength. */
const SMALL_ARRAY_SECONDS: Readonly<Record<number, number>> = { 2: 0.08, 3: 0.4 }
const MOST_CANDIDATES = 10
/** A construction this much smaller than the greedy array gets the whole search; else both get half of it, since what is regular is hard to shrink. */
const FAR_AHEAD = 0.6

/**
 * Builds the array. `effort` is in seconds of the reference machine; the search ends early at `target` rows, where one
 * is given. The result depends on nothing but the arguments.
 */
export function buildCoveringArray(
  problem: CoveringProblem,
  options: { readonly seed: number; readonly effort: number; readonly target?: number },
): CoveringArray {
  return build(problem, options.seed, new Effort(options.effort), options.target ?? 0)
}

function build(problem: CoveringProblem, seed: number, effort: Effort, target: number): CoveringArray {
  const random = seededRandom(seed)
  const solver = new ConstraintSolver(problem.model)
  const families = openFamilies(problem, solver, random)
  const greedy = {
    weights: problem.weights,
    random,
    effort,
    candidates: affordableCandidates(problem),
  }
  const rows = buildGreedily(solver, families, { ...greedy, seeds: problem.seeds })
  const bound = lowerBound(families)
  const goal = Math.max(bound, target)
  const done = (best: readonly Int32Array[]): CoveringArray => ({ rows: best, lowerBound: bound, families })
  const shrink = (start: readonly Int32Array[], share: Effort, lots = random): readonly Int32Array[] => {
    if (start.length > MOST_COUNTED_ROWS) return start
    const { seeds } = problem
    return new ArraySearch(start, { solver, families, random: lots, effort: share, seeds }).run(goal)
  }
  const fresh = problem.seeds.length === 0 && problem.earlier.length === 0
  if (!fresh || rows.length <= goal || effort.left <= 0) return done(shrink(rows, effort))
  const constructed = blockStart(solver, families, rows.length, greedy, smallArrays(effort))
  if (constructed === undefined) return done(shrink(rows, effort))
  if (constructed.length <= FAR_AHEAD * rows.length) return done(shrink(constructed, effort))
  const best = shrink(constructed, effort.part(0.5))
  // Lots of its own: how long the first search went on must not change the second, so that more effort is never worse.
  const other = best.length > goal ? shrink(rows, effort, seededRandom(seed + 1)) : best
  return done(other.length < best.length ? other : best)
}

/**
 * Rows to try for each row taken, so that the greedy start stays cheap. It looks at the problem only, not at the
 * effort: with more effort the same search goes on for longer, and so never ends with a larger array.
 */
function affordableCandidates(problem: CoveringProblem): number {
  let array = 0
  for (const { axes, strength } of problem.families) {
    const levels = axes.map((axis) => problem.model.levels[axis]!).toSorted((a, b) => b - a)
    const rows = 1.5 * levels.slice(0, strength).reduce((product, count) => product * count, 1)
    const mean = levels.reduce((sum, count) => sum + count, 0) / levels.length
    array += rows * mean * binomial(axes.length, strength)
  }
  return Math.max(1, Math.min(MOST_CANDIDATES, Math.floor(GREEDY_STEPS / array)))
}

/** Arrays for the parts of constructions, charged to the whole effort. */
function smallArrays(whole: Effort): SmallArray {
  return ({ columns, values, strength }, held, seed) => {
    const levels = Array.from({ length: columns }, () => values)
    const model = coveringModel(levels, [])
    const problem = {
      model,
      families: [{ axes: [...levels.keys()], strength }],
      seeds: [],
      earlier: held.map((row) =>
        row.map((value, axis) => (value === -1 ? -1 : model.offsets[axis]! + value)),
      ),
      weights: new Float64Array(model.owner.length),
    }
    const part = new Effort(SMALL_ARRAY_SECONDS[strength] ?? 0)
    const before = part.left
    const { rows } = build(problem, seed, part, 0)
    whole.spend(before - part.left)
    return rows.map((row) => row.map((symbol, axis) => symbol - model.offsets[axis]!))
  }
}

/** The tuples to cover, without those that hold an infeasible pair and those that earlier rows covered. */
function openFamilies(
  problem: CoveringProblem,
  solver: ConstraintSolver,
  random: () => number,
): TupleStatus[] {
  const pairs = new FeasiblePairs(solver, random)
  return problem.families.map(({ axes, strength }) => {
    const family = new TupleStatus(new TupleIndex(problem.model, axes, strength))
    const cursor = new Int32Array(strength)
    for (let more = family.index.first(cursor); more; more = family.index.next(cursor)) {
      if (!pairs.holdsAll(cursor)) family.close(cursor, INFEASIBLE)
    }
    for (const row of problem.earlier) family.closeRow(row, EARLIER)
    return family
  })
}
