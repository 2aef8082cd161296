/**
 * Share of the customers' machines of which every combination of t values was seen on machines that passed: what a
 * green run says about the fleet, and not only about the matrix.
 */
import { seededRandom } from '../kit/random.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import { TupleIndex } from './covering/tuple-index.ts'
import { COVERED, OPEN, TupleStatus } from './covering/tuple-status.ts'
import { isValidRow } from './covering/valid-row.ts'
import { matrixModel } from './matrix-model.ts'
import type { MatrixModel } from './matrix-model.ts'

export interface FleetCoverage {
  /** 0 to 1; 0 for an empty fleet. */
  readonly share: number
  /** Machines that were looked at: the real ones, or the sample drawn by the weights. */
  readonly machines: number
  readonly covered: number
  /** Real machines that the matrix cannot describe: an axis is missing or a value unknown. They count as not covered. */
  readonly unknown: number
  /** Whether the machines were drawn by the weights, and so the share is an estimate (± 1 % for the default sample). */
  readonly sampled: boolean
}

export interface FleetOptions {
  /** Default 2. */
  readonly strength?: number
  /** Real configurations, one for each machine; without it machines are drawn by the weights of the values. */
  readonly fleet?: readonly Configuration[]
  /** For drawing; the same seed gives the same share. */
  readonly seed: number
}

/** Machines drawn: the standard error of a share is then at most half a percent. */
const SAMPLE = 10_000
/** Draws for one valid machine before its constraints are solved instead. */
const DRAWS = 50

/** Measures the fleet against the configurations that passed. */
export function fleetCoverage(
  matrix: Matrix,
  passed: readonly Configuration[],
  options: FleetOptions,
): FleetCoverage {
  const model = matrixModel(matrix)
  const axes = model.vocabulary.map((_, axis) => axis)
  const strength = Math.min(options.strength ?? 2, axes.length)
  const seen = new TupleStatus(new TupleIndex(model.model, axes, strength))
  for (const configuration of passed) seen.closeRow(model.toRow(configuration), COVERED)
  const sampled = options.fleet === undefined
  const rows =
    options.fleet?.map((machine) => model.toRow(machine)) ?? draw(model, seededRandom(options.seed))
  const known = rows.filter((row) => !row.includes(-1))
  const covered = known.filter((row) => isSeen(row, seen, strength)).length
  return {
    share: rows.length === 0 ? 0 : covered / rows.length,
    machines: rows.length,
    covered,
    unknown: rows.length - known.length,
    sampled,
  }
}

function isSeen(row: Int32Array, seen: TupleStatus, strength: number): boolean {
  const { base } = seen.index
  const walk = (from: number, depth: number, number: number): boolean => {
    if (depth === strength) return seen.states[number] !== OPEN
    for (let axis = from; axis <= row.length - (strength - depth); axis += 1) {
      const longer = depth === 0 ? row[axis]! : base[depth - 1]![number]! + row[axis]!
      if (!walk(axis + 1, depth + 1, longer)) return false
    }
    return true
  }
  return walk(0, 0, 0)
}

/** Valid rows, each value as often as its share says (before the constraints take their part). */
function draw(model: MatrixModel, random: () => number): Int32Array[] {
  if (!model.solver.satisfiable) return []
  return Array.from({ length: SAMPLE }, () => {
    let row = drawRow(model, random)
    for (let attempt = 1; attempt < DRAWS && !isValidRow(model.model, row); attempt += 1)
      row = drawRow(model, random)
    const components = new Set([...model.solver.componentOf].filter((component) => component !== -1))
    if (!isValidRow(model.model, row))
      for (const component of components) model.solver.complete(component, row)
    return row
  })
}

function drawRow(model: MatrixModel, random: () => number): Int32Array {
  const { offsets } = model.model
  return Int32Array.from(model.vocabulary, (axis, at) => {
    let lot = random()
    const place = axis.values.findIndex((_, value) => (lot -= model.shares[offsets[at]! + value]!) < 0)
    return offsets[at]! + (place === -1 ? axis.values.length - 1 : place)
  })
}
