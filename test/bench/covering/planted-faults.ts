/** Faults that are planted into a model: which values must meet, and whether a machine has them. */
import type { Configuration } from '../../../src/model/matrix.ts'
import type { MatrixModel } from '../../../src/plan/matrix-model.ts'

/** A random feasible combination of `size` values: every set of axes is equally likely, then every value of each. */
export function plantFault(model: MatrixModel, size: number, random: () => number): Configuration {
  for (;;) {
    const axes = new Set<number>()
    while (axes.size < size) axes.add(Math.floor(random() * model.vocabulary.length))
    const symbols = [...axes].map(
      (axis) => model.model.offsets[axis]! + Math.floor(random() * model.model.levels[axis]!),
    )
    if (!model.solver.extendable(symbols)) continue
    return Object.fromEntries(
      [...axes].map((axis, at) => {
        const { id, values } = model.vocabulary[axis]!
        return [id, values[symbols[at]! - model.model.offsets[axis]!]!.id]
      }),
    )
  }
}

/** Whether the machine has all values of the combination. */
export function holds(machine: Configuration, part: Configuration): boolean {
  return Object.entries(part).every(([axis, value]) => machine[axis] === value)
}

/** Whether the two are the same values. */
export function isSame(one: Configuration, other: Configuration): boolean {
  return Object.keys(one).length === Object.keys(other).length && holds(one, other)
}
