/** Values of a matrix that cannot be tested today, because a product that they install is not in place. */
import { configurationText } from '../model/configuration-text.ts'
import { AppError } from '../model/errors.ts'
import type { AxisValue, Configuration, Matrix, MatrixConstraint } from '../model/matrix.ts'
import type { WithheldValue } from '../model/plan.ts'
import { conflictingSources } from './conflict.ts'
import { matrixModel, type MatrixModel } from './matrix-model.ts'

/** A product that the lab names and that cannot be installed yet. */
export interface MissingProduct {
  readonly id: string
  /** A clause without its subject, as `there is no file "setup.exe"`. */
  readonly reason: string
}

export interface RestrictedMatrix {
  /** The matrix as it can be tested: each withheld value is ruled out, with its reason. */
  readonly matrix: Matrix
  readonly withheld: readonly WithheldValue[]
  /** Seeds and include entries that need a withheld value, each as a sentence. */
  readonly dropped: readonly string[]
}

/**
 * Rules out every value that installs a missing product, and every value that the constraints allow only together with one.
 * @throws AppError PLAN_IMPOSSIBLE (user) where all configurations need a missing product
 */
export function withholdProducts(matrix: Matrix, missing: readonly MissingProduct[]): RestrictedMatrix {
  const reasons = new Map(missing.map(({ id, reason }) => [id, `product "${id}" is not in place: ${reason}`]))
  const needed = (products: readonly string[] = []): readonly string[] =>
    products.flatMap((id) => reasons.get(id) ?? [])
  const everywhere = needed(matrix.defaults?.products)
  if (everywhere.length > 0) throw nothingLeft(everywhere)
  const direct = valuesOf(matrix).flatMap(({ axis, value }) => {
    const lacking = needed(value.products)
    return lacking.length === 0 ? [] : [withhold(matrix, axis, value.id, lacking.join('; '))]
  })
  if (direct.length === 0) return { matrix, withheld: [], dropped: [] }
  const [before, after] = [matrixModel(matrix), matrixModel(withoutValues(matrix, direct))]
  // A matrix that is wrong without this, too, is told by who checks it.
  if (!before.solver.satisfiable) return { matrix, withheld: [], dropped: [] }
  if (!after.solver.satisfiable) throw nothingLeft([...new Set(direct.map(({ reason }) => reason))])
  const withheld = [...direct, ...implied(matrix, before, after, direct)]
  const { seeds, include, dropped } = keptEntries(matrix, before, after, withheld)
  return {
    matrix: {
      ...withoutValues(matrix, withheld),
      ...(seeds === undefined ? {} : { seeds }),
      ...(include === undefined ? {} : { include }),
    },
    withheld,
    dropped,
  }
}

/** The matrix with a constraint against each of these values. */
export function withoutValues(matrix: Matrix, withheld: readonly WithheldValue[]): Matrix {
  if (withheld.length === 0) return matrix
  const bans: MatrixConstraint[] = withheld.map(({ axis, value, reason }) => ({
    forbid: { [axis]: value },
    reason,
  }))
  return { ...matrix, constraints: [...(matrix.constraints ?? []), ...bans] }
}

/** Values that lost their last configuration only because others are withheld. */
function implied(
  matrix: Matrix,
  before: MatrixModel,
  after: MatrixModel,
  direct: readonly WithheldValue[],
): WithheldValue[] {
  return valuesOf(matrix).flatMap(({ axis, value }) => {
    if (direct.some((entry) => entry.axis === axis && entry.value === value.id)) return []
    const symbol = before.symbolOf(axis, value.id)
    if (!before.solver.extendable([symbol]) || after.solver.extendable([symbol])) return []
    const because = conflictingSources(after, [symbol]).map((source) => source.reason ?? source.text)
    return [withhold(matrix, axis, value.id, because.join('; '))]
  })
}

type Entries = Pick<Matrix, 'seeds' | 'include'>

function keptEntries(
  matrix: Matrix,
  before: MatrixModel,
  after: MatrixModel,
  withheld: readonly WithheldValue[],
): Entries & { readonly dropped: readonly string[] } {
  const dropped: string[] = []
  const isWithheld = (entry: Configuration): boolean => {
    const symbols = Object.entries(entry)
      .filter(([axis]) => Object.hasOwn(matrix.axes, axis))
      .map(([axis, value]) => before.symbolOf(axis, value))
    if (symbols.includes(-1)) return false
    if (withheld.some(({ axis, value }) => entry[axis] === value)) return true
    return before.solver.extendable(symbols) && !after.solver.extendable(symbols)
  }
  const keep = (
    what: string,
    entries: readonly Configuration[] | undefined,
  ): Record<string, string>[] | undefined =>
    entries?.filter((entry) => {
      if (!isWithheld(entry)) return true
      dropped.push(
        `the ${what} ${configurationText(entry)} is left out: it needs a product that is not in place`,
      )
      return false
    })
  const seeds = keep('seed', matrix.seeds)
  const include = keep('included configuration', matrix.include)
  return {
    dropped,
    ...(seeds === undefined ? {} : { seeds }),
    ...(include === undefined ? {} : { include }),
  }
}

function valuesOf(matrix: Matrix): { readonly axis: string; readonly value: AxisValue }[] {
  return Object.entries(matrix.axes).flatMap(([axis, { values }]) => values.map((value) => ({ axis, value })))
}

function withhold(matrix: Matrix, axis: string, value: string, reason: string): WithheldValue {
  const values = matrix.axes[axis]?.values ?? []
  const total = values.reduce((sum, { weight = 1 }) => sum + weight, 0)
  const weight = values.find(({ id }) => id === value)?.weight ?? 1
  return { axis, value, share: total > 0 ? weight / total : 1 / values.length, reason }
}

function nothingLeft(reasons: readonly string[]): AppError {
  return new AppError('PLAN_IMPOSSIBLE', 'user', 'every configuration needs a product that is not in place', {
    hint: reasons.join('; '),
  })
}
