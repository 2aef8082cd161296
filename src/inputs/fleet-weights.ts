/** Weights of a matrix from a list of machines: how many have each value. */
import type { Matrix } from '../model/matrix.ts'
import { readFleetRows, valueNames } from './load-fleet.ts'

export interface FleetWeights {
  readonly machines: number
  /** By axis that the file has a column for: value id → machines. Every value of the axis is there. */
  readonly axes: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Axes without a column, or without one value that is known: their weights stay. */
  readonly missing: readonly string[]
  /** Machines whose value the matrix does not have. */
  readonly unknown: readonly { readonly axis: string; readonly value: string; readonly machines: number }[]
}

/** Counts the machines of a CSV file (one a line, the first line names the axes). @throws AppError INPUT_MISSING, INPUT_INVALID (user) */
export async function countFleet(path: string, matrix: Matrix): Promise<FleetWeights> {
  const rows = await readFleetRows(path, matrix)
  const names = Object.keys(matrix.axes)
  const present = names.filter((axis) => axis in (rows[0] ?? {}))
  const axes = new Map<string, Map<string, number>>()
  const unknown = new Map<string, { axis: string; value: string; machines: number }>()
  for (const axis of present) {
    const known = valueNames(matrix, axis)
    const counts = new Map((matrix.axes[axis]?.values ?? []).map(({ id }) => [id, 0]))
    for (const row of rows) {
      const written = row[axis] ?? ''
      const id = known.get(written)
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1)
      else {
        const key = JSON.stringify([axis, written])
        const machines = (unknown.get(key)?.machines ?? 0) + 1
        unknown.set(key, { axis, value: written, machines })
      }
    }
    if ([...counts.values()].some((count) => count > 0)) axes.set(axis, counts)
  }
  return {
    machines: rows.length,
    axes,
    missing: names.filter((axis) => !axes.has(axis)),
    unknown: [...unknown.values()].toSorted((a, b) => b.machines - a.machines),
  }
}
