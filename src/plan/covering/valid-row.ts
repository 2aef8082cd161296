import type { CoveringModel } from './covering-model.ts'

/** Whether the row has a symbol on every axis and lies in no forbidden box. */
export function isValidRow(model: CoveringModel, row: Int32Array): boolean {
  return (
    !row.includes(-1) &&
    !model.boxes.some((box) => box.sides.every((side) => side.symbols.includes(row[side.axis]!)))
  )
}
