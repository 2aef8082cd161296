/** What makes a value worth running early: an end of its axis, a server, many products, customers, past failures. */
import type { AxisValue, Matrix } from '../model/matrix.ts'
import type { MatrixModel } from './matrix-model.ts'
import type { PastCell } from './past-cells.ts'

export interface ValueRisk {
  /** At least 1 for every symbol; larger is riskier. */
  readonly risk: Float64Array
  /** Why, in a few words, as "newest build"; empty for a plain value. */
  readonly labels: readonly string[]
}

/** The risk of every symbol of the matrix. */
export function valueRisk(matrix: Matrix, model: MatrixModel, history: readonly PastCell[]): ValueRisk {
  const risk = new Float64Array(model.model.owner.length)
  const labels: string[] = []
  Object.entries(matrix.axes).forEach(([id, { values }], axis) => {
    const ends = endsOf(values)
    const richest = Math.max(...values.map((value) => value.products?.length ?? 0))
    values.forEach((value, at) => {
      const reasons: string[] = []
      if (values.length > 1 && at === ends.oldest) reasons.push(`first ${id}`)
      if (values.length > 1 && at === ends.newest) reasons.push(`last ${id}`)
      if (/server/i.test(`${value.id} ${value.title ?? ''}`)) reasons.push('a server')
      if (richest > 0 && value.products?.length === richest) reasons.push('most products')
      const failures = failureShare(id, value.id, history)
      if (failures > 0) reasons.push(`${value.id} failed before`)
      const symbol = model.model.offsets[axis]! + at
      risk[symbol] = 1 + reasons.length + 3 * failures + model.shares[symbol]!
      labels.push(reasons.join(', '))
    })
  })
  return { risk, labels }
}

/** Share of the past cells with the value that failed. */
export function failureShare(axis: string, value: string, history: readonly PastCell[]): number {
  const met = history.filter((result) => result.configuration[axis] === value)
  return met.length === 0 ? 0 : met.filter((result) => result.failed).length / met.length
}

/** The smallest and largest value: by the first attribute that is a number on all values, else by their order. */
function endsOf(values: readonly AxisValue[]): { oldest: number; newest: number } {
  const name = Object.keys(values[0]?.attributes ?? {}).find((attribute) =>
    values.every((value) => typeof value.attributes?.[attribute] === 'number'),
  )
  if (name === undefined) return { oldest: 0, newest: values.length - 1 }
  const numbers = values.map((value) => Number(value.attributes?.[name]))
  return { oldest: numbers.indexOf(Math.min(...numbers)), newest: numbers.lastIndexOf(Math.max(...numbers)) }
}
