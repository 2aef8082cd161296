/** Arithmetic in a field of q elements, the elements numbered 0 … q − 1 (0 and 1 are zero and one). */
export interface FiniteField {
  readonly size: number
  add(a: number, b: number): number
  multiply(a: number, b: number): number
  /** Of an element that is not zero. */
  inverse(a: number): number
}

/** Irreducible monic polynomials, lowest coefficient first, by which the prime powers are built. */
const POLYNOMIALS: Readonly<
  Record<number, { readonly prime: number; readonly coefficients: readonly number[] }>
> = {
  4: { prime: 2, coefficients: [1, 1, 1] },
  8: { prime: 2, coefficients: [1, 1, 0, 1] },
  9: { prime: 3, coefficients: [1, 0, 1] },
  16: { prime: 2, coefficients: [1, 1, 0, 0, 1] },
}
const PRIMES = new Set([2, 3, 5, 7, 11, 13, 17, 19, 23])

/** The field of that size, or undefined where there is none (or none that planning needs). */
export function finiteField(size: number): FiniteField | undefined {
  const polynomial = PRIMES.has(size) ? { prime: size, coefficients: [0, 1] } : POLYNOMIALS[size]
  if (polynomial === undefined) return undefined
  const { prime, coefficients } = polynomial
  const degree = coefficients.length - 1
  const digits = (element: number): number[] =>
    Array.from({ length: degree }, (_, at) => Math.floor(element / prime ** at) % prime)
  const number = (list: readonly number[]): number =>
    list.reduce((sum, digit, at) => sum + (digit % prime) * prime ** at, 0)
  const add = (a: number, b: number): number => {
    const other = digits(b)
    return number(digits(a).map((digit, at) => digit + other[at]!))
  }
  const multiply = (a: number, b: number): number => {
    const product = Array.from({ length: 2 * degree - 1 }, () => 0)
    digits(a).forEach((one, i) => digits(b).forEach((two, j) => (product[i + j]! += one * two)))
    for (let at = product.length - 1; at >= degree; at -= 1) {
      const factor = product[at]! % prime
      // x^degree = −(the lower coefficients), so the leading term folds down.
      coefficients
        .slice(0, degree)
        .forEach((value, j) => (product[at - degree + j]! += factor * (prime - value)))
      product[at] = 0
    }
    return number(product.slice(0, degree))
  }
  const elements = Array.from({ length: size }, (_, element) => element)
  const sums = elements.map((a) => elements.map((b) => add(a, b)))
  const products = elements.map((a) => elements.map((b) => multiply(a, b)))
  const inverse = (a: number): number => {
    for (let b = 1; b < size; b += 1) if (products[a]![b] === 1) return b
    throw new Error(`${a} has no inverse in the field of ${size}`)
  }
  return { size, add: (a, b) => sums[a]![b]!, multiply: (a, b) => products[a]![b]!, inverse }
}
