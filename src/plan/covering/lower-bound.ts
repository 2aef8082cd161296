import { binomial } from './binomial.ts'
import { EARLIER, INFEASIBLE } from './tuple-status.ts'
import type { TupleStatus } from './tuple-status.ts'

/**
 * Rows that no array can do without: each row holds one tuple of each set of axes, so the largest number of
 * tuples that must be covered over one set is a bound. Another comes from the number of axes that nothing constrains:
 * taken two values at a time they hold an array of as many binary axes, whose least size is known.
 */
export function lowerBound(families: readonly TupleStatus[]): number {
  let bound = 0
  for (const family of families) {
    const most = familyBound(family)
    // Without any valid row nothing is to be covered, not even on axes that nothing constrains.
    const binary = most > 0 && family.index.strength >= 2 ? fewestBinaryRows(freeAxes(family)) : 0
    bound = Math.max(bound, most, binary)
  }
  return bound
}

/** Rows of the smallest strength-2 array of binary axes (Katona 1973; Kleitman and Spencer 1973); 0 for fewer than two axes. */
export function fewestBinaryRows(axes: number): number {
  if (axes < 2) return 0
  let rows = 4
  while (binomial(rows - 1, Math.ceil(rows / 2)) < axes) rows += 1
  return rows
}

/** Axes of the family with two or more values, all of whose pairs with all others are still to be covered. */
function freeAxes(family: TupleStatus): number {
  const { axes, model } = family.index
  if (family.states.includes(EARLIER)) return 0
  const touched = new Set(model.boxes.flatMap((box) => box.sides.map((side) => side.axis)))
  return axes.filter((axis) => !touched.has(axis) && model.levels[axis]! > 1).length
}

function familyBound(family: TupleStatus): number {
  const { axes, base, strength, model } = family.index
  let most = 0
  const walk = (from: number, depth: number, numbers: Int32Array): void => {
    if (depth === strength) {
      let needed = 0
      for (const number of numbers) {
        const state = family.states[number]
        if (state !== INFEASIBLE && state !== EARLIER) needed += 1
      }
      most = Math.max(most, needed)
      return
    }
    for (let place = from; place <= axes.length - (strength - depth); place += 1) {
      const first = model.offsets[axes[place]!]!
      const count = model.levels[axes[place]!]!
      const longer = new Int32Array(Math.max(1, numbers.length) * count)
      for (let value = 0; value < count; value += 1) {
        if (depth === 0) longer[value] = first + value
        else {
          numbers.forEach((number, at) => {
            longer[at * count + value] = base[depth - 1]![number]! + first + value
          })
        }
      }
      walk(place + 1, depth + 1, longer)
    }
  }
  walk(0, 0, new Int32Array(0))
  return most
}
