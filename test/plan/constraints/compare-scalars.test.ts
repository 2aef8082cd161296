import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadMatrix } from '../../../src/inputs/load-matrix.ts'
import { checkMatrix } from '../../../src/plan/check-matrix.ts'
import { compareScalars } from '../../../src/plan/constraints/compare-scalars.ts'
import { parseRules } from '../../../src/plan/constraints/parse-rules.ts'
import { planConfigurations } from '../../../src/plan/plan-configurations.ts'

test('builds with a revision compare as versions, other decimals as decimals', () => {
  expect(compareScalars(26100.863, '<', 26100.1742, true)).toBe(true)
  expect(compareScalars(26100, '<', 26100.1742, true)).toBe(true)
  expect(compareScalars('26100.4890', '>', 26100.863, true)).toBe(true)
  expect(compareScalars(22631.999, '<', 26100.1, true)).toBe(true)
  expect(compareScalars(0.5, '>', 0.25, true)).toBe(true)
  expect(compareScalars(2.5, '<', 2.75, true)).toBe(true)
})

test('text of several fields of digits is a version, other text is text', () => {
  expect(compareScalars('7.9', '<', '7.11.1', false)).toBe(true)
  expect(compareScalars('7.11.1', '=', '7.11.1.0', false)).toBe(true)
  expect(compareScalars('1.0', '=', '1.00', false)).toBe(false)
  expect(compareScalars('b10', '<', 'b9', false)).toBe(true)
})

test('a number of a rule keeps the zeros at its end', () => {
  expect(JSON.stringify(parseRules('[b.ubr] >= 26100.4890;').rules)).toContain('"26100.4890"')
})

test('a matrix whose builds have revisions allows what it says', async () => {
  const file = join(import.meta.dirname, '../../field-cases/version-decimal.yaml')
  const { matrix } = await loadMatrix(file, checkMatrix)
  const { infeasible } = planConfigurations(matrix, { seed: 1, effort: 0.05 })
  expect(infeasible.listed.map(({ values }) => values)).toEqual([
    { build: 'b', tpm: 'none' },
    { build: 'c', tpm: 'none' },
  ])
})
