/** A start for the search that random choices do not reach: constructions for problems whose axes are all alike. */
import { seededRandom } from '../../kit/random.ts'
import { developStarter, findCoverStarter } from './cover-starter.ts'
import type { Effort } from './effort.ts'
import { groupArray } from './group-starter.ts'
import { fewestBinaryRows } from './lower-bound.ts'

/**
 * What the constructions ask of the engine that uses them: rows (values from 0) that cover the pairs of `columns` axes
 * of `values` values but for those that the earlier rows hold (−1: a cell that does not count).
 */
export type SmallArray = (
  columns: number,
  values: number,
  earlier: readonly Int32Array[],
) => readonly Int32Array[]

/** Columns that a starter may have too many; they are left out of its array. */
const SPARE_COLUMNS = 2
/** A construction does not depend on the plan's seed; this one meets the starters that are hard to find early. */
const CONSTRUCTION_SEED = 8
/** Starters searched for. */
const ATTEMPTS = 3
/** A starter with c conditions a distance is found if its length exceeds c by this times c² (by trying). */
const SLACK = 0.045

/**
 * Rows (values from 0) of an array of fewer than `limit` rows for `columns` unconstrained axes of `values` values
 * each; undefined if no construction at hand gives one.
 */
export function algebraicStart(
  request: {
    readonly columns: number
    readonly values: number
    readonly strength: number
    readonly limit: number
  },
  effort: Effort,
  smallArray: SmallArray,
): Int32Array[] | undefined {
  const { columns, values, strength, limit } = request
  if (values < 3 || columns < 4) return undefined
  const random = seededRandom(CONSTRUCTION_SEED)
  if (strength === 3) return groupArray(columns, values, limit, random, effort)
  if (strength !== 2) return undefined
  for (const shape of starterShapes(columns, values, limit).slice(0, ATTEMPTS)) {
    const starter = findCoverStarter(shape.length, shape.order, values - shape.order, random, effort)
    if (starter === undefined) continue
    const developed = developStarter(starter).map((row) => row.slice(0, columns))
    return [...developed, ...fixedPointRows(developed, shape.order, values - shape.order, smallArray)]
  }
  return undefined
}

/** Lengths and group orders worth a search, the smallest arrays first. */
function starterShapes(columns: number, values: number, limit: number): { length: number; order: number }[] {
  const found: { length: number; order: number; size: number }[] = []
  for (let length = columns; length <= columns + SPARE_COLUMNS; length += 1) {
    for (let fixed = 0; fixed <= Math.min(4, values - 2); fixed += 1) {
      const order = values - fixed
      const size = order * length + fixedPointCost(columns, fixed)
      const conditions = order + 2 * fixed
      if (length - conditions >= SLACK * conditions ** 2 && size < limit) found.push({ length, order, size })
    }
  }
  return found.sort((a, b) => a.size - b.size)
}

/** About how many rows the pairs of fixed points take. */
function fixedPointCost(columns: number, fixed: number): number {
  if (fixed < 2) return fixed
  return fixed === 2 ? fewestBinaryRows(columns) : Math.ceil(fixed ** 2 * (1 + 0.22 * Math.log2(columns / 2)))
}

/** Rows that cover the pairs of fixed points, as far as the developed rows leave them out. */
function fixedPointRows(
  developed: readonly Int32Array[],
  order: number,
  fixed: number,
  smallArray: SmallArray,
): Int32Array[] {
  if (fixed === 0) return []
  const held = developed.map((row) => row.map((symbol) => (symbol < order ? -1 : symbol - order)))
  return smallArray(developed[0]!.length, fixed, held).map((row) => row.map((value) => value + order))
}
