/** On which cells of a plan a scenario is rehearsed, and the matrix that plans just those. Pure. */
import type { Configuration, Matrix } from '../model/matrix.ts'
import type { DrillScenario } from '../model/drill.ts'
import type { MachineProfile } from '../model/machine-profile.ts'
import type { PlannedCell } from '../model/plan.ts'
import type { ScenarioWords } from './make-candidate.ts'

export interface DrillGround {
  readonly cells: readonly PlannedCell[]
  /** First service of each product that has one, by the product's id. */
  readonly services: ReadonlyMap<string, string>
  readonly feasible: (configuration: Configuration) => boolean
  readonly resolve: (configuration: Configuration) => { readonly machine: MachineProfile }
}

export interface ChosenCells {
  /** One, or two that differ in one value. */
  readonly configurations: readonly Configuration[]
  readonly words: ScenarioWords
  /** The value that must be the suspect. */
  readonly suspect?: Configuration
  /** The product whose cells show it; absent: all cells do. */
  readonly product?: string
}

/** @returns a sentence where this lab cannot show it */
export function chooseCells(
  { os, needs = {} }: DrillScenario,
  matrix: Matrix,
  ground: DrillGround,
): ChosenCells | string {
  const cells = ground.cells.filter((cell) => cell.os === os)
  const [first] = cells
  if (first === undefined) return `no cell of the plan is a ${os} guest`
  if (needs.memory === true) return memoryCells(cells, matrix, ground)
  if (needs.product !== true) return { configurations: [first.configuration], words: {} }
  for (const { configuration, products } of cells)
    for (const product of products) {
      const service = ground.services.get(product)
      if (service !== undefined) return { configurations: [configuration], words: { service }, product }
    }
  return 'no cell of the plan has a product whose product.yaml names a service of it'
}

function memoryCells(
  cells: readonly PlannedCell[],
  matrix: Matrix,
  { feasible, resolve }: DrillGround,
): ChosenCells | string {
  for (const { configuration } of cells)
    for (const [axis, { values }] of Object.entries(matrix.axes)) {
      const [small, large] = values
        .filter(({ machine }) => machine?.memoryMiB !== undefined)
        .map(({ id }) => ({ ...configuration, [axis]: id }))
        .filter(feasible)
        .map((changed) => ({ changed, memoryMiB: resolve(changed).machine.memoryMiB }))
        .toSorted((a, b) => a.memoryMiB - b.memoryMiB)
      if (small === undefined || large === undefined || large.memoryMiB < small.memoryMiB * 1.2) continue
      return {
        configurations: [small.changed, large.changed],
        words: { memoryKiB: Math.round(512 * (small.memoryMiB + large.memoryMiB)) },
        suspect: { [axis]: small.changed[axis] ?? '' },
      }
    }
  return 'no axis of the matrix has two values with different memory'
}

/**
 * The matrix with these configurations and no others, in one stage: every product of the values that they have. Rules between values
 * are left out, since the configurations keep them; the checks that the matrix chose stay chosen.
 */
export function matrixOfCells(
  matrix: Matrix,
  configurations: readonly Configuration[],
  { restarts, soakSeconds }: Pick<DrillScenario, 'restarts' | 'soakSeconds'>,
): Matrix {
  const axes = Object.entries(matrix.axes).map(([axis, { title, values }]) => {
    const kept = values.filter(({ id }) => configurations.some((chosen) => chosen[axis] === id))
    return [axis, { ...(title === undefined ? {} : { title }), values: kept }] as const
  })
  return {
    version: 1,
    id: matrix.id,
    ...(matrix.title === undefined ? {} : { title: matrix.title }),
    axes: Object.fromEntries(axes),
    ...(matrix.defaults === undefined ? {} : { defaults: matrix.defaults }),
    ...(matrix.checks === undefined ? {} : { checks: matrix.checks }),
    strength: 1,
    stages: [{ id: 'drill', full: true, start: 'checkpoint' }],
    restarts,
    soakSeconds,
    repeats: 1,
  }
}
