/** Chooses the few rows of an array that together hold the most risk. */

/** Indexes of `count` rows, the riskiest first: each adds the most risk among the symbols that no chosen row holds yet. */
export function chooseSmokeCells(
  rows: readonly Int32Array[],
  count: number,
  risk: Float64Array,
  likelihood: (row: Int32Array) => number,
): number[] {
  const chosen: number[] = []
  const held = new Set<number>()
  while (chosen.length < Math.min(count, rows.length)) {
    let best = -1
    let bestScore: readonly [number, number] = [-1, -1]
    rows.forEach((row, at) => {
      if (chosen.includes(at)) return
      let sum = 0
      for (const symbol of row) if (symbol !== -1) sum += held.has(symbol) ? 0 : (risk[symbol]! - 1) ** 2
      const score = [sum, likelihood(row)] as const
      if (score[0] > bestScore[0] || (score[0] === bestScore[0] && score[1] > bestScore[1])) {
        best = at
        bestScore = score
      }
    })
    chosen.push(best)
    for (const symbol of rows[best]!) held.add(symbol)
  }
  return chosen
}
