/** Probability that at least `above` of `count` numbers lie above their true median: small when the median is higher than assumed. */
export function signTest(above: number, count: number): number {
  let term = 0.5 ** count
  let sum = 0
  for (let k = 0; k <= count; k += 1) {
    if (k >= above) sum += term
    term *= (count - k) / (k + 1)
  }
  return Math.min(1, sum)
}
