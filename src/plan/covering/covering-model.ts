/**
 * The planner's own numbers: axes and values as integers, so that counting tuples is array arithmetic.
 *
 * A *symbol* is one value of one axis; symbols are numbered axis after axis, so a larger symbol never belongs
 * to a smaller axis. A *forbidden box* is a product of value sets that no row may fall into; a constraint is
 * compiled into boxes, and a plain forbidden tuple is a box whose sets hold one value each.
 */

/** One side of a forbidden box: the axis and the symbols on it. */
export interface BoxSide {
  readonly axis: number
  readonly symbols: readonly number[]
}

/** No row may have, on every side's axis, one of that side's symbols. `source` says which constraint it came from. */
export interface ForbiddenBox {
  readonly sides: readonly BoxSide[]
  readonly source: number
}

/** The shape of a problem: how many values each axis has, and what must not occur. */
export interface CoveringModel {
  /** Number of values of each axis. */
  readonly levels: Int32Array
  /** First symbol of each axis; one more entry than axes, the last is the number of symbols. */
  readonly offsets: Int32Array
  /** The axis of each symbol. */
  readonly owner: Int32Array
  readonly boxes: readonly ForbiddenBox[]
}

/** Builds the model; the boxes' symbols must be numbered as described above. */
export function coveringModel(levels: readonly number[], boxes: readonly ForbiddenBox[]): CoveringModel {
  const offsets = new Int32Array(levels.length + 1)
  levels.forEach((count, axis) => {
    offsets[axis + 1] = offsets[axis]! + count
  })
  const owner = new Int32Array(offsets[levels.length]!)
  levels.forEach((_, axis) => owner.fill(axis, offsets[axis], offsets[axis + 1]))
  return { levels: Int32Array.from(levels), offsets, owner, boxes }
}
