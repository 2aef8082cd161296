import { finiteField } from './finite-field.ts'

/**
 * All maps x → (ax + b) / (cx + d) of the projective line over the field of `points − 1` elements, as permutations of
 * 0 … points − 1 (the last is infinity): PGL(2, q), which takes every three distinct points to every other three in
 * exactly one way. Undefined where there is no such field.
 */
export function projectiveGroup(points: number): Int32Array[] | undefined {
  const field = finiteField(points - 1)
  if (field === undefined) return undefined
  const infinity = points - 1
  const elements = Array.from({ length: field.size }, (_, element) => element)
  const group: Int32Array[] = []
  const map = (a: number, b: number, c: number, d: number): Int32Array =>
    Int32Array.from({ length: points }, (_, x) => {
      const top = x === infinity ? a : field.add(field.multiply(a, x), b)
      const bottom = x === infinity ? c : field.add(field.multiply(c, x), d)
      return bottom === 0 ? infinity : field.multiply(top, field.inverse(bottom))
    })
  // One matrix of each class of multiples: c = 0, d = 1, or c = 1.
  for (const a of elements) for (const b of elements) if (a !== 0) group.push(map(a, b, 0, 1))
  for (const a of elements) {
    for (const b of elements)
      for (const d of elements) if (field.multiply(a, d) !== b) group.push(map(a, b, 1, d))
  }
  return group
}
