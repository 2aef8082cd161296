/** The observed cells as bit sets, so that "which cells hold this combination" is a few machine words. */
import type { ObservedCell } from './observed-cell.ts'

/** A set of cells: 32 to a word. */
export type CellSet = Int32Array

export interface Symbol {
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
  /** For each cell its symbols, ascending. */
  readonly symbolsOf: readonly (readonly number[])[]

  constructor(cells: readonly ObservedCell[]) {
    this.cells = cells.filter((cell) => cell.runs > 0)
    const words = Math.max(1, Math.ceil(this.cells.length / 32))
    const numbers = new Map<string, number>()
    const symbols: Symbol[] = []
    const holders: CellSet[] = []
    this.failing = new Int32Array(words)
    const axes = [...new Set(this.cells.flatMap((cell) => Object.keys(cell.configuration)))]
    for (const axis of axes) {
      this.cells.forEach(({ configuration }, cell) => {
        const value = configuration[axis]
        if (value === undefined) return
        const key = JSON.stringify([axis, value])
        const known = numbers.get(key)
        const symbol = known ?? symbols.length
        if (known === undefined) {
          numbers.set(key, symbol)
          symbols.push({ axis, value })
          holders.push(new Int32Array(words))
        }
        holders[symbol]![cell >> 5]! |= 1 << (cell & 31)
      })
    }
    this.cells.forEach((cell, at) => {
      if (cell.failures > 0) this.failing[at >> 5]! |= 1 << (at & 31)
    })
    this.symbols = symbols
    this.holders = holders
    this.symbolsOf = this.cells.map((_, cell) =>
      holders.flatMap((set, symbol) => (has(set, cell) ? [symbol] : [])),
    )
  }

  /** Failed runs and all runs of the cells in `present`. */
  tally(present: CellSet): { failures: number; runs: number } {
    const sum = { failures: 0, runs: 0 }
    present.forEach((word, index) => {
      for (let rest = word; rest !== 0; rest &= rest - 1) {
        const cell = this.cells[(index << 5) + (31 - Math.clz32(rest & -rest))]!
        sum.failures += cell.failures
        sum.runs += cell.runs
      }
    })
    return sum
  }
}

export function has(set: CellSet, cell: number): boolean {
  return ((set[cell >> 5]! >> (cell & 31)) & 1) === 1
}

export function both(one: CellSet, other: CellSet): CellSet {
  return one.map((word, at) => word & other[at]!)
}

export function either(one: CellSet, other: CellSet): CellSet {
  return one.map((word, at) => word | other[at]!)
}

export function without(one: CellSet, other: CellSet): CellSet {
  return one.map((word, at) => word & ~other[at]!)
}

/** Number of cells in the set. */
export function size(set: CellSet): number {
  let count = 0
  for (const word of set) {
    let bits = word - ((word >>> 1) & 0x55555555)
    bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
    count += Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
  }
  return count
}

export function isEmpty(set: CellSet): boolean {
  return set.every((word) => word === 0)
}
