/**
 * When numbers are looked at and, if they leave the answer open, more are ordered: how much of the chance of a false alarm each
 * look may spend. The levels of all looks together stay within the level of the whole (the union bound), whenever the
 * looking ends; the idea of spending it look by look is that of Lan and DeMets, Biometrika 70 (1983) 659–663.
 */

/** One look at the first `size` numbers of each arm. */
export interface Look {
  readonly size: number
  /** One-sided probability below which this look decides. */
  readonly level: number
}

/** Each look has half as many numbers more than the one before it, and half of its level. */
const GROWTH = 1.5

/** The looks that `count` numbers on the arm that has fewer allow. Numbers that were planned at once are looked at once, at the whole level. */
export function looksAt(count: number, level: number, first: number | undefined): readonly Look[] {
  if (first === undefined) return count === 0 ? [] : [{ size: count, level }]
  const looks: Look[] = []
  for (let size = first, share = level / 2; size <= count; size = Math.ceil(size * GROWTH), share /= 2)
    looks.push({ size, level: share })
  return looks
}
