/** Chooses the next cell to run so that its result tells the most about which explanation of the failures is right. */
import { seededRandom } from '../kit/random.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import { HypothesisRow } from './hypothesis-row.ts'
import type { Hypothesis } from './hypothesis-row.ts'
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
const WEIGHED = 1500
/** Suspects that cells are made around, and random cells beside them. */
const LEADING = 12
const PROPOSALS = 60
/** Cells that are improved value by value, and how often round. */
const IMPROVED = 12
const ROUNDS = 4
/** Chance that a cell with a culprit fails, and one without: no result is taken as final. */
const HIT = 0.97
const MISS = 0.001
/** Below this a cell is not worth a machine. */
const LEAST_INFORMATION = 0.01

/** The valid, untried configuration whose result is expected to tell most; undefined when no cell would tell anything. */
export function nextIsolationCell(matrix: Matrix, request: IsolationRequest): IsolationCell | undefined {
  return nextModelIsolationCell(matrixModel(matrix), request)
}

/** `nextIsolationCell` for a matrix that was built into a model already. */
export function nextModelIsolationCell(
  model: MatrixModel,
  request: IsolationRequest,
): IsolationCell | undefined {
  const random = seededRandom(request.seed)
  const tried = new Set(request.tried.map((configuration) => model.toRow(configuration).join()))
  const state = new HypothesisRow(hypothesesOf(request, model), model.model.owner, model.vocabulary.length)
  const met = [...proposals(request, model, random)].map((row) => weigh(row, state))
  const improved = met
    .sort((a, b) => b.information - a.information)
    .slice(0, IMPROVED)
    .map((start) => improve(start, state, model, random))
  const best = [...improved, ...met]
    .sort((a, b) => b.information - a.information)
    .find(({ row }) => !tried.has(row.join()))
  if (best === undefined || best.information < LEAST_INFORMATION) return undefined
  return {
    configuration: model.toConfiguration(best.row),
    information: best.information,
    failureChance: MISS + best.held * (HIT - MISS),
  }
}

/** A valid row with what its result is expected to tell. */
interface WeighedRow {
  readonly row: Int32Array
  readonly held: number
  readonly information: number
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

function weigh(row: Int32Array, state: HypothesisRow): WeighedRow {
  state.become(row)
  return { row, held: state.held, information: informationOf(state.held) }
}

/** Expected gain in knowledge: entropy of the result minus what stays uncertain even if the explanation were known. */
function informationOf(held: number): number {
  return entropy(MISS + held * (HIT - MISS)) - held * entropy(HIT) - (1 - held) * entropy(MISS)
}

function entropy(chance: number): number {
  if (chance <= 0 || chance >= 1) return 0
  return -chance * Math.log2(chance) - (1 - chance) * Math.log2(1 - chance)
}

/** Changes one value after the other, in random order, as long as the result then tells more. */
function improve(
  start: WeighedRow,
  state: HypothesisRow,
  model: MatrixModel,
  random: () => number,
): WeighedRow {
  state.become(start.row)
  let information = start.information
  const axes = shuffled(model.vocabulary.length, random)
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = information
    for (const axis of axes) information = improveAxis(axis, information, state, model)
    if (information <= before + 1e-6) break
  }
  return { row: state.row.slice(), held: state.held, information }
}

/** Gives the axis the value that tells most; returns the information then. */
function improveAxis(axis: number, information: number, state: HypothesisRow, model: MatrixModel): number {
  const { offsets } = model.model
  let best = state.row[axis]!
  let most = information
  for (let symbol = offsets[axis]!; symbol < offsets[axis + 1]!; symbol += 1) {
    if (symbol === state.row[axis] || !model.solver.fits(state.row, 0, symbol)) continue
    state.change(axis, symbol)
    const told = informationOf(state.held)
    if (told <= most + 1e-9) continue
    best = symbol
    most = told
  }
  if (best !== state.row[axis]) state.change(axis, best)
  return most
}

function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, at) => at)
  for (let at = count - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1))
    const held = order[at]!
    order[at] = order[other]!
    order[other] = held
  }
  return order
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
  const leading = request.explanations.slice(0, LEADING).flatMap(({ culprits }) => culprits)
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
