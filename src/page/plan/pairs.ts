/** Which two axes of a plan a person should look at. */
import type { AxisPair, PlanPage } from '../../model/plan-page.ts'

/** How many pairs of values two axes have, possible or not. */
export function pairSize(data: PlanPage, pair: AxisPair): number {
  return pair.axes.reduce(
    (product, id) => product * (data.plan.axes.find((axis) => axis.id === id)?.values.length ?? 1),
    1,
  )
}

/** The first that is not complete; else the one with most impossible pairs; undefined where one axis is alone. */
export function worstPair(data: PlanPage): AxisPair | undefined {
  const impossible = (pair: AxisPair): number => pairSize(data, pair) - pair.feasible
  return (
    data.pairs.find((pair) => pair.covered < pair.feasible) ??
    data.pairs.toSorted((a, b) => impossible(b) - impossible(a))[0]
  )
}
