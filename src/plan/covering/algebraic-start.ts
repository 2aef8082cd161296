/** A start for the search that random choices do not reach: constructions for problems whose axes are all alike. */
import { coveringModel } from './covering-model.ts'
import { developStarter, findCoverStarter } from './cover-starter.ts'
import type { Effort } from './effort.ts'
import { groupArray } from './group-starter.ts'
import { fewestBinaryRows } from './lower-bound.ts'

/** What the constructions ask of the engine that uses them: an array of strength 2 for `columns` axes of `values` values. */
export type SmallArray = (columns: number, values: number) => readonly Int32Array[]

/** Columns that a starter may have too many; they are left out of its array. */
const SPARE_COLUMNS = 2
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
  random: () => number,
  effort: Effort,
  smallArray: SmallArray,
): Int32Array[] | undefined {
  const { columns, values, strength, limit } = request
  if (values < 3 || columns < 4) return undefined
  if (strength === 3) return groupArray(columns, values, limit, random, effort)
  if (strength !== 2) return undefined
  for (const shape of starterShapes(columns, values, limit).slice(0, ATTEMPTS)) {
    const starter = findCoverStarter(shape.length, shape.order, values - shape.order, random, effort)
    if (starter === undefined) continue
    const developed = developStarter(starter).map((row) => row.slice(0, columns))
    return [...developed, ...fixedPointRows(columns, values - shape.order, shape.order, smallArray)]
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

/** Rows that cover the pairs of fixed points, which the starter leaves out. */
function fixedPointRows(columns: number, fixed: number, order: number, smallArray: SmallArray): Int32Array[] {
  if (fixed === 0) return []
  if (fixed === 1) return [new Int32Array(columns).fill(order)]
  const { offsets } = coveringModel(
    Array.from({ length: columns }, () => fixed),
    [],
  )
  return smallArray(columns, fixed).map((row) =>
    row.map((symbol, column) => symbol - offsets[column]! + order),
  )
}
