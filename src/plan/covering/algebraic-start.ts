/** A start for the search that random choices do not reach: constructions for axes that are all alike. */
import { seededRandom } from '../../kit/random.ts'
import { affineArray } from './affine-array.ts'
import { developStarter, findCoverStarter } from './cover-starter.ts'
import { doubledArray } from './doubled-array.ts'
import type { Effort } from './effort.ts'
import { groupArray } from './group-starter.ts'
import { fewestBinaryRows } from './lower-bound.ts'
import { orthogonalArray } from './orthogonal-array.ts'

export interface AlikeAxes {
  readonly columns: number
  readonly values: number
  readonly strength: number
}

/**
 * What the constructions ask of the engine that uses them: rows (values from 0) that cover all tuples of the axes but
 * for those that the earlier rows hold (−1: a cell that does not count).
 */
export type SmallArray = (
  alike: AlikeAxes,
  earlier: readonly Int32Array[],
  seed: number,
) => readonly Int32Array[]

/** Columns that a starter may have too many; they are left out of its array. */
const SPARE_COLUMNS = 2
/** Columns of two values up to which a search finds smaller arrays of strength 3 than doubling does. */
const FEW_COLUMNS = 16
/** A construction does not depend on the plan's seed. */
const CONSTRUCTION_SEED = 8
/** Shapes of starters searched for, those that promise the smallest arrays first. */
const SHAPES = 3
/** Searches for the rows that a starter's fixed points leave; many short ones find more than a long one (by trying). */
const RESTARTS = 8
/** A starter with c conditions a distance is found if its length exceeds c by this times c² (by trying). */
const SLACK = 0.045

/**
 * Rows (values from 0) of an array of fewer than `limit` rows for unconstrained axes of as many values each; undefined
 * if no construction at hand gives one.
 */
export function algebraicStart(
  alike: AlikeAxes,
  limit: number,
  effort: Effort,
  smallArray: SmallArray,
): Int32Array[] | undefined {
  const { columns, values, strength } = alike
  if (values < 2 || columns < 4 || strength < 2 || strength > 3) return undefined
  const shorter = (rows: Int32Array[] | undefined, other: Int32Array[] | undefined) =>
    other === undefined || other.length >= (rows?.length ?? limit) ? rows : other
  const direct = values === 2 ? undefined : shorter(undefined, orthogonalArray(columns, values, strength))
  const random = seededRandom(CONSTRUCTION_SEED)
  if (strength === 2) {
    if (values === 2) return undefined
    return shorter(direct, coverStarterArray(alike, direct?.length ?? limit, random, effort, smallArray))
  }
  const rows = shorter(shorter(direct, affineArray(columns, values)), doubled(alike, limit, smallArray))
  return shorter(rows, groupArray(columns, values, rows?.length ?? limit, random, effort))
}

/** From an array for half of the columns, if that may be below the limit. */
function doubled(
  { columns, values }: AlikeAxes,
  limit: number,
  smallArray: SmallArray,
): Int32Array[] | undefined {
  const half = Math.ceil(columns / 2)
  const room = limit - (values - 1) * values ** 2
  if (half < 4 || room <= values ** 3 || (values === 2 && columns <= FEW_COLUMNS)) return undefined
  const triples = halfArray({ columns: half, values, strength: 3 }, room, smallArray)
  if (triples === undefined || triples.length >= room) return undefined
  const pairs = smallArray({ columns: half, values, strength: 2 }, [], CONSTRUCTION_SEED)
  return doubledArray(columns, values, triples, pairs)
}

/** The array to be doubled; may itself be a doubled one. */
function halfArray(
  alike: AlikeAxes,
  limit: number,
  smallArray: SmallArray,
): readonly Int32Array[] | undefined {
  const { columns, values } = alike
  if (values === 2 && columns <= FEW_COLUMNS) return smallArray(alike, [], CONSTRUCTION_SEED)
  const affine = affineArray(columns, values)
  const direct = values === 2 ? undefined : orthogonalArray(columns, values, 3)
  if (affine === undefined) return direct ?? doubled(alike, limit, smallArray)
  return direct !== undefined && direct.length < affine.length ? direct : affine
}

/** An array from the first cover starter found, with the rows that its fixed points leave to cover. */
function coverStarterArray(
  { columns, values }: AlikeAxes,
  limit: number,
  random: () => number,
  effort: Effort,
  smallArray: SmallArray,
): Int32Array[] | undefined {
  for (const { length, order } of starterShapes(columns, values, limit).slice(0, SHAPES)) {
    const starter = findCoverStarter(length, order, values - order, random, effort)
    if (starter === undefined) continue
    const developed = developStarter(starter).map((row) => row.slice(0, columns))
    return [...developed, ...fixedPointRows(developed, order, values - order, smallArray)]
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
  let best: readonly Int32Array[] | undefined
  for (let seed = 1; seed <= (fixed < 3 ? 1 : RESTARTS); seed += 1) {
    const rows = smallArray({ columns: developed[0]!.length, values: fixed, strength: 2 }, held, seed)
    if (best === undefined || rows.length < best.length) best = rows
  }
  return best!.map((row) => row.map((value) => value + order))
}
