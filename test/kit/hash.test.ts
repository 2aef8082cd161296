import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson, hashJson } from '../../src/kit/hash.ts'

it('equal values have equal hashes, however their keys are ordered', () => {
  expect(hashJson({ a: 1, b: { d: 2, c: [3, { f: 4, e: 5 }] } })).toBe(
    hashJson({ b: { c: [3, { e: 5, f: 4 }], d: 2 }, a: 1 }),
  )
  expect(hashJson([1, 2])).not.toBe(hashJson([2, 1]))
})

it('canonical JSON says the same as the value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})
