/** A complete array, one row at a time: of several candidate rows the row that closes the most open tuples (AETG's scheme). */
import { binomial } from './binomial.ts'
import type { ConstraintSolver } from './constraint-solver.ts'
import { tupleCost } from './effort.ts'
import type { Effort } from './effort.ts'
import { RowBuilder } from './row-builder.ts'
import type { BuiltRow } from './row-builder.ts'
import { COVERED, INFEASIBLE } from './tuple-status.ts'
import type { TupleStatus } from './tuple-status.ts'

export interface GreedyOptions {
  /** Rows that must be in, −1 for a cell that is free; each must be extendable. */
  readonly seeds: readonly Int32Array[]
  readonly weights: Float64Array
  readonly random: () => number
  readonly effort: Effort
  /** Rows tried for each row taken. */
  readonly candidates: number
}

/**
 * Rows that cover every open tuple of the families; seeds first, in their order. Tuples that turn out to be in no
 * valid row are closed as infeasible, so that afterwards no family has an open tuple.
 */
export function buildGreedily(
  solver: ConstraintSolver,
  families: readonly TupleStatus[],
  options: GreedyOptions,
): Int32Array[] {
  const builder = new RowBuilder(solver, families, options.weights, options.random, options.effort)
  const free = new Int32Array(solver.model.levels.length).fill(-1)
  const rows: Int32Array[] = []
  const take = (built: BuiltRow): void => {
    rows.push(built.row)
    for (const family of families) {
      family.closeRow(built.row, COVERED)
      const { axes, strength, size } = family.index
      options.effort.spend(tupleCost(size) * binomial(axes.length, strength))
    }
  }
  for (const seed of options.seeds) {
    const built = bestRow(builder, seed, [], options.candidates)
    if (built === undefined) throw new Error('a seed is not extendable')
    take(built)
  }
  for (let tuple = openTuple(solver, families); tuple !== undefined; tuple = openTuple(solver, families)) {
    const built = bestRow(builder, free, tuple, options.candidates)
    if (built !== undefined) take(built)
  }
  return rows
}

function bestRow(
  builder: RowBuilder,
  fixed: Int32Array,
  tuple: ArrayLike<number>,
  candidates: number,
): BuiltRow | undefined {
  let best = builder.build(fixed, tuple)
  for (let candidate = 1; candidate < candidates; candidate += 1) {
    const built = builder.build(fixed, candidate % 2 === 0 ? tuple : [])
    if (built !== undefined && (best === undefined || built.gain > best.gain)) best = built
  }
  return best
}

/** An open tuple that some valid row holds; those that none holds are closed on the way. */
function openTuple(
  solver: ConstraintSolver,
  families: readonly TupleStatus[],
): readonly number[] | undefined {
  for (const family of families) {
    for (let tuple = family.nextOpen(); tuple !== undefined; tuple = family.nextOpen()) {
      const symbols = [...tuple]
      if (solver.extendable(symbols)) return symbols
      family.close(symbols, INFEASIBLE)
    }
  }
  return undefined
}
