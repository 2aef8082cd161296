/** The benchmark models and measured sizes of other tools, from the folder that RINGZERO_REFERENCE_DATA names. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Matrix } from '../../../src/model/matrix.ts'
import type { CoveringProblem } from '../../../src/plan/covering/build-covering-array.ts'
import { coveringModel } from '../../../src/plan/covering/covering-model.ts'
import type { CoveringModel } from '../../../src/plan/covering/covering-model.ts'

export interface ReferenceModel {
  readonly name: string
  readonly parameters: readonly { readonly name: string; readonly values: readonly (string | number)[] }[]
  readonly forbidden?: readonly Readonly<Record<string, string | number>>[]
}

export interface ReferenceResult {
  readonly model: string
  readonly t: number
  readonly bestKnown?: number | { readonly rows: number }
  readonly lowerBound?: number
  readonly pict?: {
    readonly default?: number | null
    readonly best?: number | null
    readonly ms?: number | null
  }
}

/** The covering folder of the reference data, or undefined where it is not set. */
export function referenceFolder(): string | undefined {
  const root = process.env['RINGZERO_REFERENCE_DATA']
  if (root === undefined) return undefined
  const folder = join(root, 'covering')
  return existsSync(folder) ? folder : undefined
}

/** Names of all models, in order. */
export function referenceNames(folder: string): string[] {
  return readdirSync(join(folder, 'models'))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .toSorted()
}

export function referenceModel(folder: string, name: string): ReferenceModel {
  return JSON.parse(readFileSync(join(folder, 'models', `${name}.json`), 'utf8')) as ReferenceModel
}

export function referenceResults(folder: string): readonly ReferenceResult[] {
  const text = readFileSync(join(folder, 'results.json'), 'utf8')
  return (JSON.parse(text) as { rows: readonly ReferenceResult[] }).rows
}

/** The model as the engine's numbers. */
export function engineModel(model: ReferenceModel): CoveringModel {
  const levels = model.parameters.map((parameter) => parameter.values.length)
  const { offsets } = coveringModel(levels, [])
  const axisOf = new Map(model.parameters.map((parameter, axis) => [parameter.name, axis]))
  const boxes = (model.forbidden ?? []).map((tuple, source) => ({
    source,
    sides: Object.entries(tuple).map(([name, value]) => {
      const axis = axisOf.get(name)!
      const place = model.parameters[axis]!.values.findIndex((other) => String(other) === String(value))
      return { axis, symbols: [offsets[axis]! + place] }
    }),
  }))
  return coveringModel(levels, boxes)
}

/** All tuples of `strength` axes of the model, to be covered from nothing. */
export function referenceProblem(reference: ReferenceModel, strength: number): CoveringProblem {
  const model = engineModel(reference)
  return {
    model,
    families: [{ axes: [...model.levels.keys()], strength }],
    seeds: [],
    earlier: [],
    weights: new Float64Array(model.owner.length),
  }
}

/** CPU seconds that the work takes in this process: what else runs on the machine does not count. */
export function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000_000
}

/** The model as a matrix, for what works on matrices. */
export function referenceMatrix(model: ReferenceModel): Matrix {
  return {
    version: 1,
    id: model.name,
    axes: Object.fromEntries(
      model.parameters.map(({ name, values }) => [
        name,
        { values: values.map((value) => ({ id: String(value) })) },
      ]),
    ),
    constraints: (model.forbidden ?? []).map((tuple) => ({
      forbid: Object.fromEntries(Object.entries(tuple).map(([axis, value]) => [axis, String(value)])),
    })),
  }
}
