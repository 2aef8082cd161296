import { describe, expect, test } from 'vitest'
import { changedValues, stillShown, type EarlierRun } from '../../src/app/earlier-run.ts'
import type { Matrix } from '../../src/model/matrix.ts'
import { planConfigurations } from '../../src/plan/plan-configurations.ts'

const matrix: Matrix = {
  version: 1,
  id: 'm',
  axes: {
    build: {
      values: [
        { id: 'old', image: 'a' },
        { id: 'new', image: 'b' },
      ],
    },
    beside: { values: [{ id: 'none' }, { id: 'vpn', products: ['vpn'] }] },
  },
  defaults: { machine: { memoryMiB: 2048 } },
}
const inputs = [
  { role: 'image' as const, name: 'a', sha256: '1' },
  { role: 'image' as const, name: 'b', sha256: '2' },
  { role: 'product' as const, name: 'vpn', sha256: '3' },
]
const earlier: EarlierRun = {
  run: 'r',
  candidate: 'c',
  passed: [
    { build: 'old', beside: 'none' },
    { build: 'old', beside: 'vpn' },
    { build: 'new', beside: 'none' },
    { build: 'new', beside: 'vpn' },
  ],
  matrix,
  inputs,
}
const changedInput = (name: string) =>
  inputs.map((input) => (input.name === name ? { ...input, sha256: 'other' } : input))

describe('what an earlier run has shown', () => {
  test('holds where nothing changed, and nothing is planned then', () => {
    const changed = changedValues(earlier, matrix, inputs)
    expect(changed).toEqual({ build: [], beside: [] })
    expect(stillShown(earlier, changed)).toEqual(earlier.passed)
    const options = { seed: 1, effort: 0, since: earlier.passed, changed }
    expect(planConfigurations(matrix, options).stages.flatMap(({ cells }) => cells)).toEqual([])
  })

  test('does not hold with a product or an image of other bits: those combinations are planned again', () => {
    expect(changedValues(earlier, matrix, changedInput('vpn'))).toEqual({ build: [], beside: ['vpn'] })
    const changed = changedValues(earlier, matrix, changedInput('b'))
    expect(changed).toEqual({ build: ['new'], beside: [] })
    expect(stillShown(earlier, changed)).toContainEqual({ beside: 'vpn' })
    const options = { seed: 1, effort: 0, since: earlier.passed, changed }
    const planned = planConfigurations(matrix, options).stages.flatMap(({ cells }) => cells)
    expect(planned.map(({ configuration }) => configuration)).toEqual(
      expect.arrayContaining([
        { build: 'new', beside: 'none' },
        { build: 'new', beside: 'vpn' },
      ]),
    )
    expect(planned).toHaveLength(2)
  })

  test('does not hold for a value that is defined otherwise, nor at all when the defaults are', () => {
    const [old, next] = matrix.axes['build']!.values
    const renamed = { ...matrix.axes['build']!, values: [{ ...old!, title: 'Old', weight: 9 }, next!] }
    const moved = { ...renamed, values: [{ ...old!, image: 'b' }, next!] }
    const axes = (build: typeof renamed): Matrix => ({ ...matrix, axes: { ...matrix.axes, build } })
    expect(changedValues(earlier, axes(renamed), inputs)['build']).toEqual([])
    expect(changedValues(earlier, axes(moved), inputs)['build']).toEqual(['old'])
    const larger = { ...matrix, defaults: { machine: { memoryMiB: 4096 } } }
    expect(changedValues(earlier, larger, inputs)).toEqual({ build: ['old', 'new'], beside: ['none', 'vpn'] })
  })
})
