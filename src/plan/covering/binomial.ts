/** How many ways there are to choose so many of a number of things. */
export function binomial(of: number, choose: number): number {
  let count = 1
  for (let step = 1; step <= choose; step += 1) count = (count * (of - choose + step)) / step
  return Math.round(count)
}
