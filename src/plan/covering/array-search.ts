/**
 * Makes a complete array smaller: takes the row away that carries least, then repairs what is no longer covered by
 * changing single cells of the other rows under a tabu list, and again. Follows the two-mode tabu search of TCA
 * (Lin et al., "TCA: an efficient two-mode meta-heuristic algorithm for combinatorial test generation", 2015) with
 * counts kept as in FastCA; rows that constraints make rigid are rewritten by the constraint solver.
 */
import type { ConstraintSolver } from './constraint-solver.ts'
import type { Effort } from './effort.ts'
import { PairCounts } from './pair-counts.ts'
import { RelatedTuples } from './related-tuples.ts'
import { RowNeeds } from './row-needs.ts'
import { RowRepair } from './row-repair.ts'
import { SymbolRows } from './symbol-rows.ts'
import { TripleCounts } from './triple-counts.ts'
import type { TupleCounts } from './tuple-counts.ts'
import type { TupleIndex } from './tuple-index.ts'
import { EARLIER, INFEASIBLE } from './tuple-status.ts'
import type { TupleStatus } from './tuple-status.ts'
import { WideCounts } from './wide-counts.ts'

export interface SearchOptions {
  readonly solver: ConstraintSolver
  readonly families: readonly TupleStatus[]
  readonly random: () => number
  readonly effort: Effort
  /** Rows that may not change or go: the first this many, in the cells given there (−1: free). */
  readonly seeds: readonly Int32Array[]
}

interface Move {
  readonly row: number
  readonly symbol: number
}

/** Iterations for which a changed cell rests: this many, and up to as many again by chance. */
const TENURE = 2
/** Share of steps that rewrite a row although a single cell would do, so that the search does not circle. */
const REWRITE_SHARE = 0.0005
/** Rows that a rewrite tries before it takes the cheapest. */
const REWRITE_TRIES = 12
/** Steps that choosing a move is worth besides the rows looked at. */
const MOVE_COST = 180
/** Steps that one repair is worth. */
const REWRITE_COST = 400
/** Share of rewrites that take any row at all. */
const WANDER_SHARE = 0.05

export class ArraySearch {
  readonly #options: SearchOptions
  readonly #width: number
  readonly #rows: Int32Array
  readonly #needs: RowNeeds
  readonly #counts: readonly TupleCounts[]
  /** Iteration up to which each cell rests. */
  readonly #rests: Int32Array
  readonly #repair: RowRepair
  readonly #holders: SymbolRows
  readonly #related: RelatedTuples
  /** Rows that a look-up found. */
  readonly #found: Int32Array
  #height: number
  #iteration = 0

  constructor(rows: readonly Int32Array[], options: SearchOptions) {
    this.#options = options
    this.#width = options.solver.model.levels.length
    this.#height = rows.length
    this.#repair = new RowRepair(options.solver, options.random)
    this.#rows = new Int32Array(rows.length * this.#width)
    rows.forEach((row, at) => this.#rows.set(row, at * this.#width))
    this.#needs = new RowNeeds(rows.length, this.#width)
    this.#holders = new SymbolRows(options.solver.model.owner.length, rows.length)
    this.#related = new RelatedTuples(options.solver.model.owner)
    this.#found = new Int32Array(rows.length)
    rows.forEach((row, at) => {
      for (const symbol of row) this.#holders.add(at, symbol)
    })
    this.#rests = new Int32Array(this.#rows.length)
    this.#counts = options.families.map((family) => countsFor(family.index, this.#rows, this.#needs))
    this.#counts.forEach((counts, at) => {
      options.families[at]!.states.forEach((state, number) => {
        // A row may hold an infeasible tuple for a moment while several of its cells change.
        if (state === EARLIER || state === INFEASIBLE) counts.exempt(number)
      })
      for (let row = 0; row < rows.length; row += 1) counts.addRow(row)
      options.effort.spend(rows.length * counts.rowSteps)
    })
  }

  /** Searches until the effort is spent or `target` rows are reached; returns the smallest complete array met. */
  run(target: number): Int32Array[] {
    let best = this.#snapshot()
    while (this.#options.effort.left > 0) {
      if (this.#energy() === 0) {
        best = this.#snapshot()
        if (this.#height <= target || this.#height <= this.#options.seeds.length) break
        this.#dropCheapestRow()
      } else this.#step()
    }
    return best
  }

  #energy(): number {
    let sum = 0
    for (const counts of this.#counts) sum += counts.left
    return sum
  }

  #snapshot(): Int32Array[] {
    return Array.from({ length: this.#height }, (_, row) =>
      this.#rows.slice(row * this.#width, (row + 1) * this.#width),
    )
  }

  #dropCheapestRow(): void {
    let cheapest = this.#options.seeds.length
    let ties = 0
    for (let row = cheapest; row < this.#height; row += 1) {
      const difference = this.#needs.rows[row]! - this.#needs.rows[cheapest]!
      ties = difference < 0 ? 1 : difference === 0 ? ties + 1 : ties
      if (difference < 0 || (difference === 0 && this.#options.random() * ties < 1)) cheapest = row
    }
    const last = this.#height - 1
    for (const counts of this.#counts) {
      counts.removeRow(cheapest)
      this.#options.effort.spend(3 * counts.rowSteps)
      if (cheapest !== last) counts.removeRow(last)
    }
    for (let axis = 0; axis < this.#width; axis += 1) {
      const moved = this.#rows[last * this.#width + axis]!
      this.#holders.remove(cheapest, this.#rows[cheapest * this.#width + axis]!)
      this.#holders.remove(last, moved)
      if (cheapest !== last) this.#holders.add(cheapest, moved)
    }
    if (cheapest !== last) {
      this.#rows.copyWithin(cheapest * this.#width, last * this.#width, (last + 1) * this.#width)
      this.#rests.copyWithin(cheapest * this.#width, last * this.#width, (last + 1) * this.#width)
      for (const counts of this.#counts) counts.addRow(cheapest)
    }
    this.#height = last
  }

  #step(): void {
    this.#iteration += 1
    const tuple = this.#pickUncovered()
    const move = this.#options.random() < REWRITE_SHARE ? undefined : this.#bestMove(tuple)
    if (move === undefined) this.#rewrite(tuple)
    else this.#write(move.row, move.symbol)
  }

  #pickUncovered(): Int32Array {
    let lot = Math.floor(this.#options.random() * this.#energy())
    for (const counts of this.#counts) {
      const strength = counts.index.strength
      if (lot < counts.left) return counts.uncovered.slice(lot * strength, (lot + 1) * strength)
      lot -= counts.left
    }
    throw new Error('no uncovered tuple to pick')
  }

  /** The best single-cell change that covers the tuple and is valid and not resting; the longest unchanged among equals. */
  #bestMove(tuple: Int32Array): Move | undefined {
    const { solver, effort } = this.#options
    const { owner } = solver.model
    let best: Move | undefined
    let bestScore = Number.NEGATIVE_INFINITY
    let bestRest = 0
    let work = MOVE_COST + this.#related.collect(tuple, this.#counts)
    for (let place = 0; place < tuple.length; place += 1) {
      const symbol = tuple[place]!
      const axis = owner[symbol]!
      const most = this.#related.countOf(place)
      const count = this.#holders.lacking(tuple, place, this.#height, this.#found)
      work += 3 * count + (this.#height >>> 5) * tuple.length
      for (let index = 0; index < count; index += 1) {
        const row = this.#found[index]!
        const at = row * this.#width
        const rest = this.#rests[at + axis]!
        const loss = this.#needs.cells[at + axis]!
        if (rest > this.#iteration || most - loss < bestScore || this.#locked(row, axis)) continue
        const score = this.#related.heldBy(this.#rows, at, place, symbol) - loss
        work += 2 * most
        if (score < bestScore || (score === bestScore && rest >= bestRest)) continue
        if (!solver.fits(this.#rows, at, symbol)) continue
        best = { row, symbol }
        bestScore = score
        bestRest = rest
      }
    }
    effort.spend(work + solver.takeWork())
    return best
  }

  #locked(row: number, axis: number): boolean {
    const seed = this.#options.seeds[row]
    return seed !== undefined && seed[axis] !== -1
  }

  #write(row: number, symbol: number): void {
    const axis = this.#options.solver.model.owner[symbol]!
    for (const counts of this.#counts) {
      counts.change(row, symbol)
      this.#options.effort.spend(counts.changeSteps)
    }
    this.#holders.remove(row, this.#rows[row * this.#width + axis]!)
    this.#holders.add(row, symbol)
    this.#rows[row * this.#width + axis] = symbol
    this.#rests[row * this.#width + axis] =
      this.#iteration + TENURE + Math.floor(this.#options.random() * TENURE)
  }

  /**
   * Writes the tuple into one of a sample of rows together with what validity then asks for: the row that loses
   * least, and at times any row, so that the search leaves what it circles in.
   */
  #rewrite(tuple: Int32Array): void {
    const { random, effort, solver } = this.#options
    const tries = random() < WANDER_SHARE ? 1 : REWRITE_TRIES
    let cheapest: readonly number[] = []
    let cheapestRow = -1
    let lowest = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const row = Math.floor(random() * this.#height)
      const at = row * this.#width
      const changes = this.#repair.changes(
        this.#rows.subarray(at, at + this.#width),
        tuple,
        (axis) => this.#locked(row, axis) || (tries > 1 && this.#rests[at + axis]! > this.#iteration),
        (axis) => this.#needs.cells[at + axis]!,
      )
      effort.spend(REWRITE_COST + solver.takeWork())
      if (changes === undefined) continue
      let loss = random()
      for (const symbol of changes) loss += this.#needs.cells[at + solver.model.owner[symbol]!]!
      if (loss >= lowest) continue
      cheapest = changes
      cheapestRow = row
      lowest = loss
    }
    for (const symbol of cheapest) this.#write(cheapestRow, symbol)
  }
}

function countsFor(index: TupleIndex, rows: Int32Array, needs: RowNeeds): TupleCounts {
  if (index.strength === 2) return new PairCounts(index, rows, needs)
  if (index.strength === 3) return new TripleCounts(index, rows, needs)
  return new WideCounts(index, rows, needs)
}
