/** Names the constraints that rule a combination out: a smallest set, from which none can be left away. */
import type { ConstraintSource } from './constraints/compile-constraints.ts'
import { ConstraintSolver } from './covering/constraint-solver.ts'
import { coveringModel } from './covering/covering-model.ts'
import type { MatrixModel } from './matrix-model.ts'

/**
 * The constraints that together forbid these symbols (an empty list of symbols: that forbid everything); the symbols
 * must be infeasible. One constraint alone is preferred; else the set is minimal, found by dividing and conquering
 * (Junker, "QuickXplain: preferred explanations and relaxations for over-constrained problems", 2004).
 */
export function conflictingSources(model: MatrixModel, symbols: readonly number[]): ConstraintSource[] {
  const all = [...new Set(model.model.boxes.map((box) => box.source))]
  const infeasible = (sources: readonly number[]): boolean => !feasibleUnder(model, symbols, new Set(sources))
  const single = all.find((source) => infeasible([source]))
  const chosen = single === undefined ? quickXplain([], false, all, infeasible) : [single]
  return chosen.toSorted((a, b) => a - b).map((source) => model.sources[source]!)
}

function quickXplain(
  background: readonly number[],
  grown: boolean,
  candidates: readonly number[],
  infeasible: (sources: readonly number[]) => boolean,
): readonly number[] {
  if (grown && infeasible(background)) return []
  if (candidates.length <= 1) return candidates
  const half = Math.floor(candidates.length / 2)
  const [first, second] = [candidates.slice(0, half), candidates.slice(half)]
  const fromSecond = quickXplain([...background, ...first], true, second, infeasible)
  const fromFirst = quickXplain([...background, ...fromSecond], fromSecond.length > 0, first, infeasible)
  return [...fromFirst, ...fromSecond]
}

function feasibleUnder(
  model: MatrixModel,
  symbols: readonly number[],
  sources: ReadonlySet<number>,
): boolean {
  const boxes = model.model.boxes.filter((box) => sources.has(box.source))
  const solver = new ConstraintSolver(coveringModel([...model.model.levels], boxes))
  return solver.extendable(symbols)
}
