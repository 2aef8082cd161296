/**
 * Twice the columns at strength 3: the rows of an array for half of them, each half the same, cover all triples but
 * those of a column, its twin and a third; these are covered by an array of strength 2 beside itself with every symbol
 * moved by 1, 2, … (Chateauneuf and Kreher, "On the state of strength-three covering arrays", 2002, generalising Roux).
 */
export function doubledArray(
  columns: number,
  values: number,
  triples: readonly Int32Array[],
  pairs: readonly Int32Array[],
): Int32Array[] {
  const half = Math.ceil(columns / 2)
  const beside = (row: Int32Array, move: number): Int32Array =>
    Int32Array.from({ length: columns }, (_, column) =>
      column < half ? row[column]! : (row[column - half]! + move) % values,
    )
  const rows = triples.map((row) => beside(row, 0))
  for (let move = 1; move < values; move += 1) rows.push(...pairs.map((row) => beside(row, move)))
  return rows
}
