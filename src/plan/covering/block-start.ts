/** Starts for problems in which many axes are alike: a construction for those axes, the others filled in greedily. */
import { algebraicStart } from './algebraic-start.ts'
import type { SmallArray } from './algebraic-start.ts'
import { buildGreedily } from './build-greedily.ts'
import type { GreedyOptions } from './build-greedily.ts'
import type { ConstraintSolver } from './constraint-solver.ts'
import { INFEASIBLE, TupleStatus } from './tuple-status.ts'

/** Share of all symbols that a block must have, and share of the limit that its own array must need, to be worth its cost. */
const BLOCK_SHARE = 1 / 3
const NEEDED_SHARE = 0.5
/** Share of the construction's symbols that an axis must have at least; a symbol too many is free to be anything. */
const NEAR_SHARE = 0.7

/**
 * The smallest array of fewer than `limit` rows that a construction for some of the axes leads to; undefined if none
 * does. `families` are the problem's, with nothing open, so that all infeasible tuples are known.
 */
export function blockStart(
  solver: ConstraintSolver,
  families: readonly TupleStatus[],
  limit: number,
  options: Omit<GreedyOptions, 'seeds'>,
  smallArray: SmallArray,
): Int32Array[] | undefined {
  const { levels, offsets } = solver.model
  const strength = families[0]!.index.strength
  let best: Int32Array[] | undefined
  for (const { values, axes } of blocks(solver)) {
    const columns = axes.length
    const below = best?.length ?? limit
    const rows = algebraicStart({ columns, values, strength }, below, options.effort, smallArray)
    if (rows === undefined || rows.length < NEEDED_SHARE * limit) continue
    const seeds = rows.map((row) => {
      const seed = new Int32Array(levels.length).fill(-1)
      row.forEach((value, column) => {
        const axis = axes[column]!
        if (value < levels[axis]!) seed[axis] = offsets[axis]! + value
      })
      return seed
    })
    const whole = seeds.every((seed) => !seed.includes(-1)) && families.length === 1
    const complete = whole ? seeds : buildGreedily(solver, families.map(reopened), { ...options, seeds })
    if (complete.length < below) best = complete
  }
  return best
}

/** Unconstrained axes with as many values each, and those together with axes of slightly fewer. */
function blocks(solver: ConstraintSolver): { values: number; axes: number[] }[] {
  const { levels } = solver.model
  const free = [...levels.keys()].filter((axis) => solver.componentOf[axis] === -1)
  const found: { values: number; axes: number[] }[] = []
  for (const values of new Set(free.map((axis) => levels[axis]!))) {
    const alike = free.filter((axis) => levels[axis] === values)
    const near = free.filter((axis) => levels[axis]! <= values && levels[axis]! >= NEAR_SHARE * values)
    found.push({ values, axes: alike })
    if (near.length > alike.length) found.push({ values, axes: near })
  }
  const symbols = (axes: readonly number[]): number => axes.reduce((sum, axis) => sum + levels[axis]!, 0)
  return found.filter(({ axes }) => symbols(axes) >= BLOCK_SHARE * solver.model.owner.length)
}

/** The same tuples to cover, nothing covered yet. */
function reopened(family: TupleStatus): TupleStatus {
  const { index, states } = family
  const open = new TupleStatus(index)
  const cursor = new Int32Array(index.strength)
  for (let more = index.first(cursor); more; more = index.next(cursor)) {
    if (states[index.number(cursor)] === INFEASIBLE) open.close(cursor, INFEASIBLE)
  }
  return open
}
