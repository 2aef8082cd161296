/** The order in which the cells of a stage find trouble soonest. */

/** What is known of the rows to be ordered; all functions take an index into them. */
export interface OrderFacts {
  /** Share of the fleet that looks like the row, in any unit. */
  readonly likelihood: (row: number) => number
  /** How often the row's values failed before, 0 to 1. */
  readonly pastFailure: (row: number) => number
  /** In any unit. */
  readonly duration: (row: number) => number
}

/** Rows looked at for each next place; beyond it the order is good enough and the cost would grow with the square. */
const WINDOW = 256
/** How many of the rows just before count as running at the same moment. */
const RECENT = 4

/** How much each reason counts; all reasons are scaled to 0 … 1 first. */
const SHARE = { newPairs: 1, pastFailure: 0.8, likelihood: 0.3, difference: 0.2, duration: 0.2 }

/**
 * Indexes of the rows in running order. Each place goes to the row with most new pairs of values (beside those in
 * `before`), past failures of its values, customers, difference from the rows just before it, and the shortest run.
 */
export function orderRows(
  rows: readonly Int32Array[],
  before: readonly Int32Array[],
  facts: OrderFacts,
): number[] {
  const seen = new Set<number>()
  for (const row of before) for (const pair of pairsOf(row)) seen.add(pair)
  const width = rows[0]?.length ?? 0
  const pairs = Math.max(1, (width * (width - 1)) / 2)
  const likelihood = scaled(rows.map((_, at) => facts.likelihood(at)))
  const duration = scaled(rows.map((_, at) => facts.duration(at)))
  const pastFailure = rows.map((_, at) => facts.pastFailure(at))
  const fresh = new FreshPairs(rows, seen)
  const order: number[] = []
  // The first that wait, in their order; a plan of a hundred thousand rows is not moved up for each that leaves.
  const window = rows.slice(0, WINDOW).map((_, at) => at)
  for (let next = window.length; window.length > 0; next += 1) {
    const recent = order.slice(-RECENT).map((other) => rows[other]!)
    let best = 0
    let bestScore = Number.NEGATIVE_INFINITY
    for (let place = 0; place < window.length; place += 1) {
      const at = window[place]!
      const score =
        (SHARE.newPairs * fresh.count(at)) / pairs +
        SHARE.pastFailure * pastFailure[at]! +
        SHARE.likelihood * likelihood[at]! +
        SHARE.difference * difference(rows[at]!, recent) -
        SHARE.duration * duration[at]!
      if (score <= bestScore) continue
      best = place
      bestScore = score
    }
    const [chosen] = window.splice(best, 1)
    order.push(chosen!)
    fresh.take(chosen!)
    if (next < rows.length) window.push(next)
  }
  return order
}

/** How many pairs of each row were not seen yet. Counted anew only after a pair was seen for the first time, which soon ends. */
class FreshPairs {
  readonly #rows: readonly Int32Array[]
  readonly #seen: Set<number>
  readonly #counts: Int32Array
  /** Size of the set when a row was counted. */
  readonly #countedAt: Int32Array

  constructor(rows: readonly Int32Array[], seen: Set<number>) {
    this.#rows = rows
    this.#seen = seen
    this.#counts = new Int32Array(rows.length)
    this.#countedAt = new Int32Array(rows.length).fill(-1)
  }

  count(at: number): number {
    // What was counted as nothing new stays so.
    if (this.#countedAt[at] !== this.#seen.size && !(this.#countedAt[at]! >= 0 && this.#counts[at] === 0)) {
      this.#counts[at] = newPairs(this.#rows[at]!, this.#seen)
      this.#countedAt[at] = this.#seen.size
    }
    return this.#counts[at]!
  }

  take(at: number): void {
    for (const pair of pairsOf(this.#rows[at]!)) this.#seen.add(pair)
  }
}

/** How many pairs of the row's symbols are not in the set. */
export function newPairs(row: Int32Array, seen: ReadonlySet<number>): number {
  let count = 0
  for (const pair of pairsOf(row)) if (!seen.has(pair)) count += 1
  return count
}

/** The row's pairs of symbols, each as one number; an empty cell (−1) is in none. */
export function pairsOf(row: Int32Array): number[] {
  const pairs: number[] = []
  for (let j = 1; j < row.length; j += 1) {
    for (let i = 0; i < j; i += 1) if (row[i]! >= 0 && row[j]! >= 0) pairs.push(row[i]! * 1_000_003 + row[j]!)
  }
  return pairs
}

/** Mean share of axes on which the row differs from the others; 1 beside none. */
function difference(row: Int32Array, others: readonly Int32Array[]): number {
  if (others.length === 0) return 1
  let sum = 0
  for (const other of others)
    for (let axis = 0; axis < row.length; axis += 1) if (row[axis] !== other[axis]) sum += 1
  return sum / (others.length * row.length)
}

function scaled(numbers: readonly number[]): number[] {
  const most = numbers.reduce((largest, number) => Math.max(largest, number), 0)
  return numbers.map((number) => (most > 0 ? number / most : 0))
}
