/** What an earlier run has already shown, and which values are no longer what they were then. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashJson } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import type { Plan } from '../model/plan.ts'
import { ReportSchema } from '../model/report.ts'
import { readRunPlan } from './resume-run.ts'
import { readRunInputs } from './run-inputs.ts'

export interface EarlierRun {
  readonly run: string
  /** sha256 of the candidate that it tested. */
  readonly candidate: string
  /** Configurations of its cells that passed. */
  readonly passed: readonly Configuration[]
  readonly matrix: Matrix
  /** Products and images that it ran with, by hash. */
  readonly inputs: Plan['inputs']
}

/** @throws AppError RUN_UNREADABLE (user) */
export async function loadEarlierRun(runFolder: string): Promise<EarlierRun> {
  const path = join(runFolder, 'report', 'report.json')
  const [{ matrix }, { inputs }] = await Promise.all([readRunInputs(runFolder), readRunPlan(runFolder)])
  try {
    const report = ReportSchema.parse(JSON.parse(await readFile(path, 'utf8')))
    const passed = report.cells.filter(({ verdict }) => verdict.outcome === 'pass')
    return {
      run: report.run.id,
      candidate: report.candidate.sha256,
      passed: passed.map(({ planned }) => planned.configuration),
      matrix,
      inputs,
    }
  } catch (error) {
    throw new AppError('RUN_UNREADABLE', 'user', `${path} is no report of a run`, {
      where: { file: path },
      hint: `write it first: ringzero report ${runFolder} --format json`,
      cause: error,
    })
  }
}

/**
 * Axis → values of the matrix that are defined otherwise than in the earlier run, or made of a product or image whose
 * bits changed; what passed with them then says nothing now. `now`: inputs of the plan that is made; roles that it has
 * none of (a plan without a lab) are not compared.
 */
export function changedValues(
  earlier: EarlierRun,
  matrix: Matrix,
  now: Plan['inputs'],
): Readonly<Record<string, readonly string[]>> {
  const before = new Map(earlier.inputs.map(({ role, name, sha256 }) => [`${role} ${name}`, sha256]))
  const differs = new Set(
    now
      .filter(({ role, name, sha256 }) => before.get(`${role} ${name}`) !== sha256)
      .map(({ role, name }) => `${role} ${name}`),
  )
  const fragment = (image: string | undefined, products: readonly string[] = []): boolean =>
    differs.has(`image ${image ?? ''}`) || products.some((product) => differs.has(`product ${product}`))
  const { defaults } = matrix
  // What all cells share: if it changed, every value did.
  const all =
    hashJson(definitionOf(defaults)) !== hashJson(definitionOf(earlier.matrix.defaults)) ||
    fragment(defaults?.image, defaults?.products)
  return Object.fromEntries(
    Object.entries(matrix.axes).map(([axis, { values }]) => {
      const known = new Map(earlier.matrix.axes[axis]?.values.map((value) => [value.id, value]))
      const changed = values.filter((value) => {
        const old = known.get(value.id)
        if (old === undefined) return false
        return (
          all ||
          fragment(value.image, value.products) ||
          hashJson(definitionOf(value)) !== hashJson(definitionOf(old))
        )
      })
      return [axis, changed.map(({ id }) => id)]
    }),
  )
}

/** The configurations that passed, without the values that changed: what of them still holds. */
export function stillShown(
  { passed }: EarlierRun,
  changed: Readonly<Record<string, readonly string[]>>,
): readonly Configuration[] {
  return passed.map((configuration) =>
    Object.fromEntries(
      Object.entries(configuration).filter(([axis, value]) => changed[axis]?.includes(value) !== true),
    ),
  )
}

/** What a value makes of a machine: all but how it is called and how many have it. */
function definitionOf(value: object | undefined): Readonly<Record<string, unknown>> {
  const {
    title: _title,
    weight: _weight,
    aliases: _aliases,
    ...definition
  } = { ...value } as Record<string, unknown>
  return definition
}
