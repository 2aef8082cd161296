import type { ConstraintSolver } from './constraint-solver.ts'

/** Every valid row in ascending order, or undefined if there are more than `limit`. */
export function allRows(solver: ConstraintSolver, limit: number): Int32Array[] | undefined {
  const { levels, offsets } = solver.model
  const row = new Int32Array(levels.length).fill(-1)
  const rows: Int32Array[] = []
  const fill = (axis: number): boolean => {
    if (axis === levels.length) {
      rows.push(row.slice())
      return rows.length <= limit
    }
    for (let symbol = offsets[axis]!; symbol < offsets[axis + 1]!; symbol += 1) {
      const mark = solver.mark()
      row[axis] = symbol
      const component = solver.componentOf[axis]!
      const open =
        solver.assign(symbol) &&
        (component === -1 || solver.complete(component, new Int32Array(row.length).fill(-1)))
      const within = !open || fill(axis + 1)
      solver.undo(mark)
      if (!within) return false
    }
    return true
  }
  if (!solver.satisfiable) return []
  return fill(0) ? rows : undefined
}
