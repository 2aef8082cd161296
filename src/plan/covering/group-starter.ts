/**
 * Covering arrays of strength 3 from a few rows developed by a group. PGL(2, v − 1) takes every three distinct symbols
 * to every other three, so a row developed by it covers all tuples of a column triple that have the row's pattern there
 * (all different, or which two are equal). A row of two symbols only needs v(v − 1) images. What is asked of the rows is
 * then: each column triple shows all four patterns; constant rows add the fifth. (Chateauneuf, Colbourn, Kreher,
 * "Covering arrays of strength three", 1999.)
 */
import type { Effort } from './effort.ts'
import { projectiveGroup } from './projective-group.ts'

/** Moves that the search for one set of rows may take. */
const MOVES = 25_000
const HOT = 1.2
const COLD = 0.25
/** With more columns the search costs more than it is worth, and constructions for few columns no longer win. */
const MOST_COLUMNS = 24
/** Sets of rows tried, the smallest arrays first. */
const ATTEMPTS = 8

/** Rows over symbols 0 … values − 1 that cover all triples of `columns` columns, fewer than `limit`; undefined if none was found. */
export function groupArray(
  columns: number,
  values: number,
  limit: number,
  random: () => number,
  effort: Effort,
): Int32Array[] | undefined {
  const group = projectiveGroup(values)
  if (group === undefined || columns < 4 || columns > MOST_COLUMNS) return undefined
  for (const { full, binary } of shapes(columns, values, limit).slice(0, ATTEMPTS)) {
    const starter = findStarter(columns, values, full, binary, random, effort)
    if (starter !== undefined) return develop(starter, values, group)
  }
  return undefined
}

interface Shape {
  /** Rows developed by the whole group, and rows of two symbols. */
  readonly full: number
  readonly binary: number
}

function sizeOf({ full, binary }: Shape, values: number): number {
  return full * values * (values - 1) * (values - 2) + binary * values * (values - 1) + values
}

/**
 * The shapes worth a search, the smallest first. How often a row of random symbols shows a pattern tells how often
 * the rows of a shape show it; below about once, annealing does not find rows that always do (found by trying).
 */
function shapes(columns: number, values: number, limit: number): Shape[] {
  const found: Shape[] = []
  for (let full = 1; full <= 12; full += 1) {
    for (let binary = 0; binary <= (values === 3 ? 0 : 12); binary += 1) {
      const different = (full * (values - 1) * (values - 2)) / values ** 2
      const oneOdd = (full * (values - 1)) / values ** 2 + binary / 4
      const promising = oneOdd >= 1.2 && (different >= 1.3 || columns <= values)
      if (promising && sizeOf({ full, binary }, values) < limit) found.push({ full, binary })
    }
  }
  return found.sort((a, b) => sizeOf(a, values) - sizeOf(b, values))
}

function develop(starter: readonly Int32Array[], values: number, group: readonly Int32Array[]): Int32Array[] {
  const rows = new Map<string, Int32Array>()
  const columns = starter[0]!.length
  const images = starter.flatMap((row) => group.map((image) => row.map((symbol) => image[symbol]!)))
  for (let symbol = 0; symbol < values; symbol += 1) images.push(new Int32Array(columns).fill(symbol))
  for (const image of images) rows.set(image.join(), image)
  return [...rows.values()]
}

function findStarter(
  columns: number,
  values: number,
  full: number,
  binary: number,
  random: () => number,
  effort: Effort,
): Int32Array[] | undefined {
  const search = new PatternSearch(columns, values, full, full + binary, random)
  for (let move = 0; move < MOVES; move += 1) {
    if (search.missing === 0) return search.rows
    search.move(HOT + ((COLD - HOT) * move) / MOVES)
    if (move % 100 === 0) effort.spend(100 * 2 * columns ** 2)
  }
  return undefined
}

/** The pattern of three symbols: 0 all different, 1 … 3 the place of the odd one out, −1 all equal. */
function patternOf(a: number, b: number, c: number): number {
  if (a === b) return b === c ? -1 : 3
  if (b === c) return 1
  return a === c ? 2 : 0
}

/** Annealing on the cells; `missing` counts the patterns that no row shows, over all column triples. */
class PatternSearch {
  readonly rows: Int32Array[]
  missing: number
  readonly #columns: number
  readonly #values: number
  readonly #full: number
  readonly #counts: Int32Array
  readonly #random: () => number

  constructor(columns: number, values: number, full: number, rows: number, random: () => number) {
    this.#columns = columns
    this.#values = values
    this.#full = full
    this.#random = random
    this.#counts = new Int32Array(columns ** 3 * 4)
    this.missing = (4 * (columns * (columns - 1) * (columns - 2))) / 6
    this.rows = Array.from({ length: rows }, (_, row) =>
      Int32Array.from({ length: columns }, () => Math.floor(random() * (row < full ? values : 2))),
    )
    for (const row of this.rows) {
      for (let a = 0; a < columns; a += 1) {
        for (let b = a + 1; b < columns; b += 1)
          for (let c = b + 1; c < columns; c += 1) this.#count(row, a, b, c, 1)
      }
    }
  }

  move(warmth: number): void {
    const row = Math.floor(this.#random() * this.rows.length)
    const column = Math.floor(this.#random() * this.#columns)
    const old = this.rows[row]![column]!
    const before = this.missing
    this.#write(row, column, Math.floor(this.#random() * (row < this.#full ? this.#values : 2)))
    const worse = this.missing - before
    if (worse > 0 && this.#random() >= Math.exp(-worse / warmth)) this.#write(row, column, old)
  }

  #write(row: number, column: number, symbol: number): void {
    const cells = this.rows[row]!
    if (cells[column] === symbol) return
    for (const change of [-1, 1]) {
      if (change === 1) cells[column] = symbol
      for (let b = 1; b < this.#columns; b += 1) {
        if (b === column) continue
        for (let a = 0; a < b; a += 1) {
          if (a === column) continue
          if (column < a) this.#count(cells, column, a, b, change)
          else if (column < b) this.#count(cells, a, column, b, change)
          else this.#count(cells, a, b, column, change)
        }
      }
    }
  }

  #count(cells: Int32Array, a: number, b: number, c: number, change: number): void {
    const pattern = patternOf(cells[a]!, cells[b]!, cells[c]!)
    if (pattern === -1) return
    const place = ((a * this.#columns + b) * this.#columns + c) * 4 + pattern
    const count = (this.#counts[place]! += change)
    if (change === 1 && count === 1) this.missing -= 1
    else if (change === -1 && count === 0) this.missing += 1
  }
}
