/**
 * Runs whose every text is a planted name: made from the schemas of the formats, so that a field which is added tomorrow is planted,
 * too. Nothing in them makes sense but their shape.
 */
import type { z } from 'zod'
import { MatrixSchema, type Matrix } from '../../src/model/matrix.ts'
import { PlanSchema, type Plan } from '../../src/model/plan.ts'
import { GateSchema, ReportSchema, type Gate, type Report } from '../../src/model/report.ts'

export interface PlantedRun {
  readonly plan: Plan
  readonly matrix: Matrix
  readonly report: Report
  readonly gate: Gate
  /** Every planted name, with the place that it was planted in. */
  readonly names: ReadonlyMap<string, string>
}

/** Product of the partner that the tests publish for. */
export const OWN = 'ownprod'
/** Another partner's. */
export const RIVAL = 'rivalprod'
/** The axis that the partner sees. */
export const SHOWN_AXIS = 'shownaxis'

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

interface SchemaDefinition {
  readonly type: string
  readonly shape?: Record<string, z.ZodType>
  readonly element?: z.ZodType
  readonly valueType?: z.ZodType
  readonly innerType?: z.ZodType
  readonly in?: z.ZodType
  readonly options?: readonly z.ZodType[]
  readonly items?: readonly z.ZodType[]
  readonly entries?: Record<string, string>
  readonly values?: readonly unknown[]
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly minimum?: number } } }[]
}

export function plantedRun(seed: number): PlantedRun {
  const random = randomFrom(seed)
  const names = new Map<string, string>()
  const plant = (path: string): string => {
    const letters = Array.from({ length: 9 }, () => 'bcdfghjkmnpqrstvwxyz'[Math.floor(random() * 20)])
    const name = `Zq${letters.join('')}`
    names.set(name, path)
    return name
  }
  const value = (schema: z.ZodType, path: string): unknown => {
    const { def } = (schema as unknown as { readonly _zod: { readonly def: SchemaDefinition } })._zod
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
    switch (def.type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(def.shape ?? {}).map(([key, field]) => [key, value(field, `${path}.${key}`)]),
        )
      case 'array':
        return Array.from({ length: 1 + Math.floor(random() * 2) }, () => value(def.element!, `${path}[]`))
      case 'tuple':
        return (def.items ?? []).map((item) => value(item, `${path}[]`))
      case 'record':
        return { [plant(`${path} key`)]: value(def.valueType!, `${path}{}`) }
      case 'optional':
      case 'default':
      case 'nullable':
      case 'nonoptional':
        return value(def.innerType!, path)
      case 'pipe':
        return value(def.in!, path)
      case 'union':
        return value(pick(def.options ?? []), path)
      case 'enum':
        return pick(Object.values(def.entries ?? {}))
      case 'literal':
        return pick(def.values ?? [])
      case 'number':
      case 'int':
        return Math.floor(random() * 20)
      case 'boolean':
        return random() < 0.5
      case 'string':
        return plant(path)
      // Any JSON.
      case 'lazy':
        return { [plant(`${path} key`)]: plant(path) }
      default:
        throw new Error(`nothing is planted into ${def.type} at ${path}`)
    }
  }
  const cellCount = 1 + Math.floor(random() * 5)
  const products = [OWN, RIVAL, ...Array.from({ length: 3 }, () => plant('product id'))]
  const axis = value(
    ReportSchema.shape.matrix.shape.axes.element,
    'axes[]',
  ) as Report['matrix']['axes'][number]
  const shown = { ...axis, id: SHOWN_AXIS }
  const reports = value(ReportSchema, 'report') as Report
  const cells = Array.from({ length: cellCount }, () => {
    const cell = value(ReportSchema.shape.cells.element, 'report.cells[]') as Report['cells'][number]
    const others = products.slice(1).filter(() => random() < 0.5)
    const configuration = {
      ...cell.planned.configuration,
      [SHOWN_AXIS]: shown.values[Math.floor(random() * shown.values.length)]!.id,
    }
    return { ...cell, planned: { ...cell.planned, configuration, products: [OWN, ...others] } }
  })
  const plan = value(PlanSchema, 'plan') as Plan
  return {
    plan: {
      ...plan,
      axes: [...plan.axes, shown],
      cells: cells.map(({ planned }) => planned),
      products: products.map((id) => ({
        id,
        title: plant('product title'),
        release: plant('product release'),
        vendor: plant('product vendor'),
        class: plant('product class'),
      })),
    },
    matrix: value(MatrixSchema, 'matrix') as Matrix,
    report: {
      ...reports,
      matrix: { ...reports.matrix, axes: [...reports.matrix.axes, shown] },
      cells,
      evidence: reports.evidence.map((record) => ({ ...record, cell: cells[0]!.planned.id })),
    },
    gate: value(GateSchema, 'gate') as Gate,
    names,
  }
}
