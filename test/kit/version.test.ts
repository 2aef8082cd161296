import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareVersions, sameVersion } from '../../src/kit/version.ts'

test('versions are compared field by field as numbers', () => {
  expect(compareVersions('26100.863', '26100.1742')).toBe(-1)
  expect(compareVersions('10.0.26100.1742', '10.0.9200')).toBe(1)
  expect(compareVersions('7.11', '7.11.0.0')).toBe(0)
  expect(compareVersions('7.011', '7.11')).toBe(0)
  expect(compareVersions('7.1', '7.10')).toBe(-1)
})

test('what is no version number has no order, and is the same only letter by letter', () => {
  expect(compareVersions('7.11b', '7.11')).toBeUndefined()
  expect(compareVersions('', '0')).toBeUndefined()
  expect(sameVersion('7.11.1', '7.11.1.0')).toBe(true)
  expect(sameVersion('v7 Beta', 'V7 beta')).toBe(true)
  expect(sameVersion('7.11', '7.11-beta')).toBe(false)
})

test('the order is one: of two numbers exactly one is smaller, and fields beyond any number are kept', () => {
  const version = fc
    .array(fc.bigInt({ min: 0n, max: 10n ** 20n - 1n }), { minLength: 1, maxLength: 8 })
    .map((fields) => fields.join('.'))
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      const [ab, ba, bc, ac] = [
        compareVersions(a, b),
        compareVersions(b, a),
        compareVersions(b, c),
        compareVersions(a, c),
      ]
      expect((ab ?? 2) + (ba ?? 2)).toBe(0)
      expect(ab !== 1 && bc !== 1 && ac === 1).toBe(false)
      expect(compareVersions(a, `${a}.0`) === 0 || a.split('.').length === 8).toBe(true)
    }),
  )
})
