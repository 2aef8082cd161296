/**
 * Covering arrays of strength 3 for up to 2q columns of q symbols, q = 3, 4 or 5, in (2q − 1)(q² − q) + q rows: one row
 * moved by a group of 2q − 1 columns (a last column stays), every image developed by all maps x → ax + b of the field,
 * and the constant rows. The row pairs the columns so that each two are equal in one image, and in the others every
 * three show all cross-ratios that different symbols can have (after Chateauneuf, Colbourn, Kreher, "Covering arrays of
 * strength three", 1999).
 */
import { finiteField } from './finite-field.ts'

interface Starter {
  /** Orders of the cyclic groups whose product moves the columns. */
  readonly moves: readonly number[]
  /** The row; the column that stays holds 0. */
  readonly row: readonly number[]
}

/** Found by trying starters of the group with their labels in any order; there was none for larger fields. */
const STARTERS: Readonly<Record<number, Starter>> = {
  3: { moves: [5], row: [0, 1, 2, 2, 1] },
  4: { moves: [7], row: [0, 3, 1, 3, 2, 2, 1] },
  5: { moves: [3, 3], row: [0, 4, 4, 2, 1, 3, 2, 3, 1] },
}

/** Rows over symbols 0 … values − 1 that cover all triples of the columns; undefined where there is no such array. */
export function affineArray(columns: number, values: number): Int32Array[] | undefined {
  const starter = STARTERS[values]
  const field = finiteField(values)
  if (starter === undefined || field === undefined || columns > starter.row.length + 1) return undefined
  const places = starter.row.map((_, place) => place)
  const symbols = Array.from({ length: values }, (_, symbol) => symbol)
  const images = places.map((shift) => [
    ...places.map((place) => starter.row[moved(place, shift, starter.moves)]!),
    0,
  ])
  const rows = symbols.map((symbol) => new Int32Array(columns).fill(symbol))
  for (const image of images) {
    for (const factor of symbols.slice(1)) {
      for (const term of symbols) {
        rows.push(
          Int32Array.from(image.slice(0, columns), (entry) => field.add(field.multiply(factor, entry), term)),
        )
      }
    }
  }
  return rows
}

/** The sum of two elements of a product of cyclic groups, numbered with the first factor's digit lowest. */
function moved(place: number, shift: number, orders: readonly number[]): number {
  let sum = 0
  let weight = 1
  for (const order of orders) {
    sum += ((Math.floor(place / weight) + Math.floor(shift / weight)) % order) * weight
    weight *= order
  }
  return sum
}
