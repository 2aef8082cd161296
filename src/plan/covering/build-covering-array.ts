/** The engine's door: a covering array for a problem, as small as the effort allows, with the bound that it is held against. */
import { seededRandom } from '../../kit/random.ts'
import { algebraicStart } from './algebraic-start.ts'
import { ArraySearch } from './array-search.ts'
import { binomial } from './binomial.ts'
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
/** For a part of a construction. */
const SMALL_ARRAY_SECONDS = 0.4
const MOST_CANDIDATES = 10

/** Builds the array. `effort` is in seconds of the reference machine; the result depends on nothing but the arguments. */
export function buildCoveringArray(
  problem: CoveringProblem,
  options: { readonly seed: number; readonly effort: number },
): CoveringArray {
  const random = seededRandom(options.seed)
  const effort = new Effort(options.effort)
  const solver = new ConstraintSolver(problem.model)
  const families = openFamilies(problem, solver, random)
  const greedy = buildGreedily(solver, families, {
    seeds: problem.seeds,
    weights: problem.weights,
    random,
    effort,
    candidates: affordableCandidates(problem),
  })
  const bound = lowerBound(families)
  const rows = greedy.length > bound ? bestStart(problem, greedy, effort) : greedy
  if (rows.length > MOST_COUNTED_ROWS) return { rows, lowerBound: bound, families }
  const search = new ArraySearch(rows, { solver, families, random, effort, seeds: problem.seeds })
  return { rows: search.run(bound), lowerBound: bound, families }
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

/** The greedy array, or that of a construction for axes that are all alike, if it is smaller. */
function bestStart(
  problem: CoveringProblem,
  greedy: readonly Int32Array[],
  effort: Effort,
): readonly Int32Array[] {
  const { model, families, seeds, earlier } = problem
  const levels = [...model.levels]
  const values = levels[0]!
  const plain =
    model.boxes.length === 0 && seeds.length === 0 && earlier.length === 0 && families.length === 1
  if (!plain || levels.some((count) => count !== values)) return greedy
  const request = { columns: levels.length, values, strength: families[0]!.strength, limit: greedy.length }
  const smallArray = (columns: number, count: number, held: readonly Int32Array[]): Int32Array[] => {
    const small = coveringModel(
      Array.from({ length: columns }, () => count),
      [],
    )
    const axes = Array.from({ length: columns }, (_, axis) => axis)
    const part = {
      model: small,
      families: [{ axes, strength: 2 }],
      seeds: [],
      earlier: held.map((row) =>
        row.map((value, axis) => (value === -1 ? -1 : small.offsets[axis]! + value)),
      ),
      weights: new Float64Array(small.owner.length),
    }
    const { rows } = buildCoveringArray(part, { seed: 1, effort: SMALL_ARRAY_SECONDS })
    return rows.map((row) => row.map((symbol, axis) => symbol - small.offsets[axis]!))
  }
  const rows = algebraicStart(request, effort, smallArray)
  return rows === undefined || rows.length >= greedy.length
    ? greedy
    : rows.map((row) => row.map((value, axis) => model.offsets[axis]! + value))
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
