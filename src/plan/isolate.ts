/** Chooses the next cell to run so that its result tells the most about which explanation of the failures is right. */
import { seededRandom } from '../kit/random.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import { matrixModel } from './matrix-model.ts'
import type { MatrixModel } from './matrix-model.ts'

export interface IsolationRequest {
  /** Sets of combinations that may be to blame, with the belief in each set. */
  readonly explanations: readonly {
    readonly culprits: readonly Configuration[]
    readonly probability: number
  }[]
  /** Cells that failed: what is tried next is made of them. */
  readonly failing: readonly Configuration[]
  /** Cells that ran already. */
  readonly tried: readonly Configuration[]
  readonly seed: number
}

export interface IsolationCell {
  readonly configuration: Configuration
  /** Expected information of its result, 0 to 1 bit. */
  readonly information: number
  /** Belief that it fails. */
  readonly failureChance: number
}

/** Explanations weighed; the rest is hardly believed. */
const WEIGHED = 1200
/** Random cells looked at. */
const PROPOSALS = 240
/** Chance that a cell with a culprit fails, and one without: no result is taken as final. */
const HIT = 0.97
const MISS = 0.01
/** Below this a cell is not worth a machine. */
const LEAST_INFORMATION = 0.02

/** The valid, untried configuration whose result is expected to tell most; undefined when no cell would tell anything. */
export function nextIsolationCell(matrix: Matrix, request: IsolationRequest): IsolationCell | undefined {
  const model = matrixModel(matrix)
  const random = seededRandom(request.seed)
  const hypotheses = hypothesesOf(request, model)
  const tried = new Set(request.tried.map((configuration) => model.toRow(configuration).join()))
  let best: { readonly row: Int32Array; readonly information: number; readonly chance: number } | undefined
  for (const row of proposals(request, model, random)) {
    const key = row.join()
    if (tried.has(key)) continue
    tried.add(key)
    const { information, chance } = expectation(row, hypotheses)
    if (best === undefined || information > best.information) best = { row, information, chance }
  }
  if (best === undefined || best.information < LEAST_INFORMATION) return undefined
  return {
    configuration: model.toConfiguration(best.row),
    information: best.information,
    failureChance: best.chance,
  }
}

interface Hypothesis {
  /** Symbols of each culprit. */
  readonly culprits: readonly (readonly number[])[]
  readonly probability: number
}

function hypothesesOf(request: IsolationRequest, model: MatrixModel): Hypothesis[] {
  const weighed = request.explanations.slice(0, WEIGHED)
  const total = weighed.reduce((sum, { probability }) => sum + probability, 0)
  return weighed.map(({ culprits, probability }) => ({
    culprits: culprits.map((culprit) => symbolsOf(culprit, model)),
    probability: probability / total,
  }))
}

function symbolsOf(partial: Configuration, model: MatrixModel): number[] {
  return Object.entries(partial).map(([axis, value]) => model.symbolOf(axis, value))
}

/** Expected gain in knowledge: entropy of the result minus what stays uncertain even if the explanation were known. */
function expectation(
  row: Int32Array,
  hypotheses: readonly Hypothesis[],
): { information: number; chance: number } {
  const held = new Set(row)
  let chance = 0
  for (const { culprits, probability } of hypotheses) {
    const hit = culprits.some((symbols) => symbols.every((symbol) => held.has(symbol)))
    chance += probability * (hit ? HIT : MISS)
  }
  const noise =
    ((chance - MISS) / (HIT - MISS)) * entropy(HIT) + ((HIT - chance) / (HIT - MISS)) * entropy(MISS)
  return { information: entropy(chance) - noise, chance }
}

function entropy(chance: number): number {
  if (chance <= 0 || chance >= 1) return 0
  return -chance * Math.log2(chance) - (1 - chance) * Math.log2(1 - chance)
}

/** Valid rows made of failing ones: parts kept and the rest changed, at random and along the leading suspects. */
function* proposals(
  request: IsolationRequest,
  model: MatrixModel,
  random: () => number,
): Generator<Int32Array> {
  const bases = request.failing
    .map((configuration) => model.toRow(configuration))
    .filter((row) => !row.includes(-1))
  if (bases.length === 0) return
  const leading = request.explanations.slice(0, 12).flatMap(({ culprits }) => culprits)
  for (const culprit of leading) {
    const symbols = symbolsOf(culprit, model)
    const base = bases.find((row) => symbols.every((symbol) => row.includes(symbol))) ?? bases[0]!
    yield* variants(base, symbols, model, random)
  }
  for (let proposal = 0; proposal < PROPOSALS; proposal += 1) {
    const base = bases[Math.floor(random() * bases.length)]!
    const keep = 0.25 + 0.7 * random()
    const kept = base.filter(() => random() < keep)
    const row = changedRow(base, kept, model, random)
    if (row !== undefined) yield row
  }
}

/** The suspect kept with all else changed, and the failing row with one value of the suspect changed. */
function* variants(
  base: Int32Array,
  symbols: readonly number[],
  model: MatrixModel,
  random: () => number,
): Generator<Int32Array> {
  const alone = changedRow(base, symbols, model, random)
  if (alone !== undefined) yield alone
  for (const symbol of symbols) {
    const kept = base.filter((other) => other !== symbol)
    const near = changedRow(base, kept, model, random)
    if (near !== undefined) yield near
    const far = changedRow(
      base,
      symbols.filter((other) => other !== symbol),
      model,
      random,
    )
    if (far !== undefined) yield far
  }
}

/** A valid row that holds as many of the `kept` symbols as can be, and elsewhere differs from the base where it can. */
function changedRow(
  base: Int32Array,
  kept: ArrayLike<number>,
  model: MatrixModel,
  random: () => number,
): Int32Array | undefined {
  const { solver } = model
  const { owner, levels, offsets } = model.model
  const stays = new Set(Array.from(kept))
  const row = base.map((symbol, axis) => {
    if (stays.has(symbol) || levels[axis] === 1) return symbol
    const other = offsets[axis]! + Math.floor(random() * (levels[axis]! - 1))
    return other >= symbol ? other + 1 : other
  })
  const mark = solver.mark()
  let sound = true
  for (const symbol of stays) {
    if (solver.componentOf[owner[symbol]!] !== -1) sound = sound && solver.assign(symbol)
  }
  const components = new Set([...solver.componentOf].filter((component) => component !== -1))
  for (const component of components) sound = sound && solver.complete(component, row)
  solver.undo(mark)
  return sound ? row : undefined
}
