import type { Configuration } from '../../model/matrix.ts'

/** Whether some valid configuration holds these values. */
export type Feasible = (partial: Configuration) => boolean

/** Whether every valid configuration that holds one of the combinations holds the other, too: then no run can tell them apart. */
export function equivalentUnder(
  one: Configuration,
  other: Configuration,
  axes: Readonly<Record<string, readonly string[]>>,
  feasible: Feasible,
): boolean {
  return implies(one, other, axes, feasible) && implies(other, one, axes, feasible)
}

function implies(
  one: Configuration,
  other: Configuration,
  axes: Readonly<Record<string, readonly string[]>>,
  feasible: Feasible,
): boolean {
  return Object.entries(other).every(([axis, value]) => {
    if (one[axis] !== undefined) return one[axis] === value
    return (axes[axis] ?? []).every((instead) => instead === value || !feasible({ ...one, [axis]: instead }))
  })
}
