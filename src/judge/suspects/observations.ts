/** The observed cells as bit sets, so that "which cells hold this combination" is a few machine words. */
import type { ObservedCell } from './observed-cell.ts'

/** A set of cells: 32 to a word. */
export type CellSet = Int32Array

/** Failed runs and all runs as one number, so that tallies of separate sets of cells add up: see `tallyOf`. */
export type Tally = number

/** More runs than any campaign has. */
const RUNS = 1 << 24

interface Symbol {
  readonly axis: string
  readonly value: string
}

export class Observations {
  readonly cells: readonly ObservedCell[]
  /** Every axis and value that occurs, axes in order of first appearance. */
  readonly symbols: readonly Symbol[]
  /** For each symbol the cells that hold it. */
  readonly holders: readonly CellSet[]
  /** Cells with at least one failure. */
  readonly failing: CellSet
  /** All cells. */
  readonly all: CellSet
  /** For each cell its symbols, ascending. */
  readonly symbolsOf: readonly (readonly number[])[]
  /** Cells with equal tallies, which there are few of: a set is tallied by counting its members among each. */
  readonly #alike: readonly { readonly tally: Tally; readonly cells: CellSet }[]

  constructor(cells: readonly ObservedCell[]) {
    this.cells = cells.filter((cell) => cell.runs > 0)
    const words = Math.max(1, Math.ceil(this.cells.length / 32))
    const empty = (): CellSet => new Int32Array(words)
    const numbers = new Map<string, Map<string, number>>()
    const symbols: Symbol[] = []
    const holders: CellSet[] = []
    const alike = new Map<Tally, CellSet>()
    this.failing = empty()
    this.all = empty()
    for (const axis of new Set(this.cells.flatMap((cell) => Object.keys(cell.configuration))))
      numbers.set(axis, new Map())
    for (const [axis, known] of numbers) {
      for (const [at, { configuration }] of this.cells.entries()) {
        const value = configuration[axis]
        if (value === undefined) continue
        if (!known.has(value)) {
          known.set(value, symbols.length)
          symbols.push({ axis, value })
          holders.push(empty())
        }
        add(holders[known.get(value)!]!, at)
      }
    }
    for (const [at, { failures, runs }] of this.cells.entries()) {
      const tally = tallyOf(failures, runs)
      if (!alike.has(tally)) alike.set(tally, empty())
      add(alike.get(tally)!, at)
      add(this.all, at)
      if (failures > 0) add(this.failing, at)
    }
    this.symbols = symbols
    this.holders = holders
    this.symbolsOf = this.cells.map(({ configuration }) =>
      [...numbers].flatMap(([axis, known]) => known.get(configuration[axis] ?? '') ?? []),
    )
    this.#alike = [...alike].map(([tally, set]) => ({ tally, cells: set }))
  }

  /** Failed runs and all runs of the cells in `set`. */
  tally(set: CellSet): Tally {
    let sum = 0
    for (const { tally, cells } of this.#alike) sum += tally * commonSize(set, cells)
    return sum
  }

  /** The same of the cells in `set` and not in `other`. */
  tallyWithout(set: CellSet, other: CellSet): Tally {
    let sum = 0
    for (const { tally, cells } of this.#alike) {
      let count = 0
      for (let at = 0; at < set.length; at += 1) count += bits(set[at]! & cells[at]! & ~other[at]!)
      sum += tally * count
    }
    return sum
  }
}

export function tallyOf(failures: number, runs: number): Tally {
  return failures * RUNS + runs
}

export function failuresOf(tally: Tally): number {
  return Math.floor(tally / RUNS)
}

export function runsOf(tally: Tally): number {
  return tally % RUNS
}

export function has(set: CellSet, cell: number): boolean {
  return ((set[cell >> 5]! >> (cell & 31)) & 1) === 1
}

function add(set: CellSet, cell: number): void {
  set[cell >> 5]! |= 1 << (cell & 31)
}

export function either(one: CellSet, other: CellSet): CellSet {
  return one.map((word, at) => word | other[at]!)
}

export function without(one: CellSet, other: CellSet): CellSet {
  return one.map((word, at) => word & ~other[at]!)
}

/** Whether some cell is in both sets. */
export function meet(one: CellSet, other: CellSet): boolean {
  for (let at = 0; at < one.length; at += 1) if ((one[at]! & other[at]!) !== 0) return true
  return false
}

/** Whether every cell of the first set is in the second. */
export function within(part: CellSet, whole: CellSet): boolean {
  for (let at = 0; at < part.length; at += 1) if ((part[at]! & ~whole[at]!) !== 0) return false
  return true
}

/** Number of cells that are in both sets. */
export function commonSize(one: CellSet, other: CellSet): number {
  let count = 0
  for (let at = 0; at < one.length; at += 1) count += bits(one[at]! & other[at]!)
  return count
}

function bits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
