/**
 * Share of faults by the number of values that must meet: most failures take one or two conditions, few take more
 * (Kuhn, Wallace, Gallo, "Software fault interactions and implications for software testing", 2004; the mean of the
 * systems that they looked at).
 */
const SHARES = [0.36, 0.36, 0.2, 0.08]

/** Largest combination that is looked for. */
export const LARGEST = SHARES.length

/**
 * Natural logarithm of the belief in a combination before anything ran, by its size; from it the logarithms of the
 * numbers of values of its axes are still to be taken. Each set of axes of one size is equally likely to be what
 * matters, and each of its combinations of values: so a value of a long axis is suspected less than one of a short one.
 */
export function sizePriors(axes: number): readonly number[] {
  let sets = 1
  return SHARES.map((share, at) => {
    sets = (sets * Math.max(1, axes - at)) / (at + 1)
    return Math.log(share / Math.max(1, sets))
  })
}
