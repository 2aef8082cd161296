import { finiteField } from './finite-field.ts'

/** The largest array worth building for a start. */
const MOST_ROWS = 5000

/**
 * Rows over symbols 0 … values − 1 that cover all tuples of `strength` of the columns: the polynomials of lower degree
 * over a field, each evaluated at every element, and their leading coefficient (Bush, "Orthogonal arrays of index
 * unity", 1952), fused down to the number of values. Undefined where there is no such array.
 */
export function orthogonalArray(columns: number, values: number, strength: number): Int32Array[] | undefined {
  let size = Math.max(values, columns - 1)
  while (size ** strength <= MOST_ROWS && finiteField(size) === undefined) size += 1
  const field = size ** strength <= MOST_ROWS ? finiteField(size) : undefined
  if (field === undefined) return undefined
  let rows: Int32Array[] = Array.from({ length: size ** strength }, (_, number) => {
    const coefficients = Array.from({ length: strength }, (__, at) => Math.floor(number / size ** at) % size)
    return Int32Array.from({ length: columns }, (__, x) =>
      x === size
        ? coefficients.at(-1)!
        : coefficients.reduceRight((sum, coefficient) => field.add(field.multiply(sum, x), coefficient)),
    )
  })
  for (let symbol = size - 1; symbol >= values; symbol -= 1) rows = fuse(rows, symbol)
  return rows
}

/**
 * Does without the highest symbol and two rows: the first row is made the row that holds nothing else, the second the
 * one whose entries replace the symbol everywhere (Colbourn, Kéri, Rivas Soriano, Schlage-Puchta, "Covering and
 * radius-covering arrays", 2010).
 */
function fuse(rows: readonly Int32Array[], symbol: number): Int32Array[] {
  const [first, ...others] = rows
  const renamed = others.map((row) =>
    row.map((entry, column) => {
      if (entry === first![column]) return symbol
      return entry === symbol ? first![column]! : entry
    }),
  )
  const [second, ...kept] = renamed
  const spare = second!.map((entry) => (entry === symbol ? 0 : entry))
  return kept.map((row) => row.map((entry, column) => (entry === symbol ? spare[column]! : entry)))
}
