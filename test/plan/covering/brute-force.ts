/** The slow, obvious truth that the engine is held against: every row of a small problem, one by one. */
import fc from 'fast-check'
import { coveringModel } from '../../../src/plan/covering/covering-model.ts'
import type { CoveringModel } from '../../../src/plan/covering/covering-model.ts'

/** Small random problems: up to five axes of up to four values, up to six forbidden boxes of up to three sides. */
export const smallModels: fc.Arbitrary<CoveringModel> = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 5 })
  .chain((levels) => {
    const { offsets } = coveringModel(levels, [])
    const side = (axis: number) =>
      fc
        .subarray(
          Array.from({ length: levels[axis]! }, (_, value) => offsets[axis]! + value),
          { minLength: 1 },
        )
        .map((symbols) => ({ axis, symbols }))
    const box = fc
      .subarray(
        levels.map((_, axis) => axis),
        { minLength: 1, maxLength: Math.min(3, levels.length) },
      )
      .chain((axes) => fc.tuple(...axes.map(side)))
    return fc.array(box, { maxLength: 6 }).map((boxes) =>
      coveringModel(
        levels,
        boxes.map((sides, source) => ({ sides, source })),
      ),
    )
  })

/** Every row that no box forbids. */
export function validRows(model: CoveringModel): number[][] {
  const rows: number[][] = []
  const fill = (row: readonly number[]): void => {
    if (row.length === model.levels.length) {
      const banned = model.boxes.some((box) =>
        box.sides.every((side) => side.symbols.includes(row[side.axis]!)),
      )
      if (!banned) rows.push([...row])
      return
    }
    const axis = row.length
    for (let symbol = model.offsets[axis]!; symbol < model.offsets[axis + 1]!; symbol += 1)
      fill([...row, symbol])
  }
  fill([])
  return rows
}

/** The tuples of `strength` symbols on these axes that the rows hold, as text. */
export function tuplesOf(
  rows: Iterable<ArrayLike<number>>,
  axes: readonly number[],
  strength: number,
): Set<string> {
  const tuples = new Set<string>()
  for (const row of rows) {
    const pick = (from: number, chosen: readonly number[]): void => {
      if (chosen.length === strength) {
        tuples.add(chosen.join())
        return
      }
      for (let at = from; at < axes.length; at += 1) pick(at + 1, [...chosen, row[axes[at]!]!])
    }
    pick(0, [])
  }
  return tuples
}
