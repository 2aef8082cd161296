/**
 * How much of what could happen a set of configurations has shown: for each strength t the share of the feasible
 * t-tuples of values that occur, in all and for each set of axes (total and variable coverage in the words of NIST's
 * combinatorial coverage measurement: Kuhn, Kacker, Lei, NISTIR 7878). Infeasible tuples are in no denominator.
 */
import { seededRandom } from '../kit/random.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import { FeasiblePairs } from './covering/feasible-pairs.ts'
import { isValidRow } from './covering/valid-row.ts'
import { matrixModel } from './matrix-model.ts'
import type { MatrixModel } from './matrix-model.ts'

/** Coverage of the tuples over one set of axes. */
export interface AxesCoverage {
  readonly axes: readonly string[]
  readonly feasible: number
  readonly covered: number
}

export interface StrengthCoverage {
  readonly strength: number
  readonly feasible: number
  readonly covered: number
  readonly infeasible: number
  /** covered / feasible; 1 where nothing is feasible. */
  readonly share: number
  /** Sets of axes, and how many of them are covered completely. */
  readonly axisSets: number
  readonly completeAxisSets: number
  /** Every set of axes; only for strengths 1 and 2, where a picture of it can be drawn. */
  readonly perAxes: readonly AxesCoverage[]
}

export interface CoverageReport {
  readonly strengths: readonly StrengthCoverage[]
  /** Feasible tuples that no configuration shows, the lowest strength first, at most as many as asked for. */
  readonly uncovered: readonly Configuration[]
  /** Whether there are more uncovered tuples than listed. */
  readonly truncated: boolean
}

export interface CoverageOptions {
  /** Default 1, 2 and 3. */
  readonly strengths?: readonly number[]
  /** Longest list of uncovered tuples; default 1000. */
  readonly uncoveredLimit?: number
}

/**
 * Measures any configurations, planned or run. A configuration that lacks an axis counts for the tuples of the others; one that
 * breaks a constraint counts only for tuples that some valid configuration holds, too.
 */
export function measureCoverage(
  matrix: Matrix,
  configurations: readonly Configuration[],
  options: CoverageOptions = {},
): CoverageReport {
  return measureModelCoverage(matrixModel(matrix), configurations, options)
}

/** `measureCoverage` for a matrix that was built into a model already. */
export function measureModelCoverage(
  model: MatrixModel,
  configurations: readonly Configuration[],
  options: CoverageOptions = {},
): CoverageReport {
  const axes = model.vocabulary.length
  const meter = new CoverageMeter(model, configurations, options.uncoveredLimit ?? 1000)
  const strengths = (options.strengths ?? [1, 2, 3]).filter((strength) => strength <= axes)
  return {
    strengths: strengths.map((strength) => meter.measure(strength)),
    uncovered: meter.uncovered,
    truncated: meter.truncated,
  }
}

/** A tuple that a valid row showed; a tuple that only an invalid or incomplete row showed. */
const WITNESSED = 1
const CLAIMED = 2

class CoverageMeter {
  readonly uncovered: Configuration[] = []
  truncated = false
  readonly #model: MatrixModel
  readonly #limit: number
  readonly #pairs: FeasiblePairs
  /** For each axis the value index of each row, −1 where the row has none; valid rows come first. */
  readonly #columns: readonly Int32Array[]
  readonly #valid: number
  #seen = new Uint8Array(64)

  constructor(model: MatrixModel, configurations: readonly Configuration[], limit: number) {
    this.#model = model
    this.#limit = limit
    this.#pairs = new FeasiblePairs(model.solver, seededRandom(1))
    const rows = configurations.map((configuration) => model.toRow(configuration))
    const valid = rows.filter((row) => isValidRow(model.model, row))
    const sorted = [...valid, ...rows.filter((row) => !isValidRow(model.model, row))]
    this.#valid = valid.length
    this.#columns = model.vocabulary.map((_, axis) =>
      Int32Array.from(sorted, (row) => (row[axis] === -1 ? -1 : row[axis]! - model.model.offsets[axis]!)),
    )
  }

  measure(strength: number): StrengthCoverage {
    const perAxes: AxesCoverage[] = []
    const sum = { feasible: 0, covered: 0, infeasible: 0, axisSets: 0, completeAxisSets: 0 }
    for (const axes of axisSets(this.#model.vocabulary.length, strength)) {
      const part = this.#measureAxes(axes)
      sum.feasible += part.feasible
      sum.covered += part.covered
      sum.infeasible += part.infeasible
      sum.axisSets += 1
      if (part.covered === part.feasible) sum.completeAxisSets += 1
      if (strength > 2) continue
      const names = axes.map((axis) => this.#model.vocabulary[axis]!.id)
      perAxes.push({ axes: names, feasible: part.feasible, covered: part.covered })
    }
    return { strength, ...sum, share: sum.feasible === 0 ? 1 : sum.covered / sum.feasible, perAxes }
  }

  #measureAxes(axes: readonly number[]): { feasible: number; covered: number; infeasible: number } {
    const { levels } = this.#model.model
    const size = axes.reduce((product, axis) => product * levels[axis]!, 1)
    if (this.#seen.length < size) this.#seen = new Uint8Array(size * 2)
    const seen = this.#seen.fill(0, 0, size)
    const witnessed = this.#mark(axes, seen)
    if (witnessed === size) return { feasible: size, covered: size, infeasible: 0 }
    const part = { feasible: 0, covered: 0, infeasible: 0 }
    for (let code = 0; code < size; code += 1) {
      const feasible = seen[code] === WITNESSED || this.#feasible(this.#decode(axes, code))
      if (!feasible) part.infeasible += 1
      else {
        part.feasible += 1
        if (seen[code] !== 0) part.covered += 1
        else this.#list(axes, code)
      }
    }
    return part
  }

  /** Marks the codes that the rows show; returns how many valid rows showed. */
  #mark(axes: readonly number[], seen: Uint8Array): number {
    const columns = axes.map((axis) => this.#columns[axis]!)
    const counts = axes.map((axis) => this.#model.model.levels[axis]!)
    const height = columns[0]?.length ?? 0
    let witnessed = 0
    for (let row = 0; row < height; row += 1) {
      let code = 0
      let whole = true
      for (let at = 0; at < columns.length; at += 1) {
        const value = columns[at]![row]!
        whole &&= value !== -1
        code = code * counts[at]! + value
      }
      if (!whole || seen[code] !== 0) continue
      seen[code] = row < this.#valid ? WITNESSED : CLAIMED
      if (row < this.#valid) witnessed += 1
    }
    return witnessed
  }

  #decode(axes: readonly number[], code: number): number[] {
    const { levels, offsets } = this.#model.model
    const symbols: number[] = []
    let rest = code
    for (const axis of axes.toReversed()) {
      symbols.unshift(offsets[axis]! + (rest % levels[axis]!))
      rest = Math.floor(rest / levels[axis]!)
    }
    return symbols
  }

  #feasible(symbols: readonly number[]): boolean {
    return this.#pairs.holdsAll(symbols) && (symbols.length <= 2 || this.#model.solver.extendable(symbols))
  }

  #list(axes: readonly number[], code: number): void {
    if (this.uncovered.length >= this.#limit) {
      this.truncated = true
      return
    }
    const { vocabulary } = this.#model
    const { offsets } = this.#model.model
    const entries = this.#decode(axes, code).map((symbol, at) => {
      const axis = axes[at]!
      return [vocabulary[axis]!.id, vocabulary[axis]!.values[symbol - offsets[axis]!]!.id] as const
    })
    this.uncovered.push(Object.fromEntries(entries))
  }
}

/** Every set of `size` axes, ascending. */
function* axisSets(axes: number, size: number, from = 0): Generator<number[]> {
  if (size === 0) {
    yield []
    return
  }
  for (let first = from; first <= axes - size; first += 1) {
    for (const rest of axisSets(axes, size - 1, first + 1)) yield [first, ...rest]
  }
}
