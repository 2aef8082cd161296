/** Finds what a misspelt word was meant to be. */

/** The closest of `words` by edit distance, if it is close enough to be a misspelling; else undefined. */
export function nearestWord(word: string, words: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const other of words) {
    const distance = editDistance(word.toLowerCase(), other.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = other
      bestDistance = distance
    }
  }
  return best
}

/** Insertions, deletions, substitutions and swaps of neighbours (Damerau's restricted distance); stops early past `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let twoBack: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (twoBack[j - 2] ?? 0) + 1)
      current.push(cost)
    }
    twoBack = previous
    previous = current
  }
  return previous[b.length] ?? limit
}
