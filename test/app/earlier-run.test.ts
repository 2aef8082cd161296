import { describe, expect, test } from 'vitest'
import { changedValues, stillShown, withRebuiltImages, type EarlierRun } from '../../src/app/earlier-run.ts'
import { sha256 } from '../../src/kit/hash.ts'
import type { Matrix } from '../../src/model/matrix.ts'
import { planConfigurations } from '../../src/plan/plan-configurations.ts'
import { BUILT_IMAGE, labWith } from './built-image.ts'

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
  settings: { checks: ['services'], restarts: 1, soakSeconds: 60, repeats: 1 },
  images: new Map(),
}
const now = (plan: { inputs?: EarlierRun['inputs']; settings?: Partial<EarlierRun['settings']> } = {}) => ({
  inputs: plan.inputs ?? inputs,
  settings: { ...earlier.settings, ...plan.settings },
})
const changedInput = (name: string) =>
  inputs.map((input) => (input.name === name ? { ...input, sha256: 'other' } : input))

describe('what an earlier run has shown', () => {
  test('holds where nothing changed, and nothing is planned then', () => {
    const changed = changedValues(earlier, matrix, now())
    expect(changed).toEqual({ build: [], beside: [] })
    expect(stillShown(earlier, changed)).toEqual(earlier.passed)
    const options = { seed: 1, effort: 0, since: earlier.passed, changed }
    expect(planConfigurations(matrix, options).stages.flatMap(({ cells }) => cells)).toEqual([])
  })

  test('does not hold with a product or an image of other bits: those combinations are planned again', () => {
    expect(changedValues(earlier, matrix, now({ inputs: changedInput('vpn') }))).toEqual({
      build: [],
      beside: ['vpn'],
    })
    const changed = changedValues(earlier, matrix, now({ inputs: changedInput('b') }))
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
    expect(changedValues(earlier, axes(renamed), now())['build']).toEqual([])
    expect(changedValues(earlier, axes(moved), now())['build']).toEqual(['old'])
    const larger = { ...matrix, defaults: { machine: { memoryMiB: 4096 } } }
    expect(changedValues(earlier, larger, now())).toEqual({ build: ['old', 'new'], beside: ['none', 'vpn'] })
  })

  test.each([
    [{ checks: ['services', 'network'] }],
    [{ restarts: 3 }],
    [{ soakSeconds: 600 }],
    [{ repeats: 2 }],
  ])('does not hold when the plan looks harder: %j', (settings) => {
    expect(changedValues(earlier, matrix, now({ settings }))).toEqual({
      build: ['old', 'new'],
      beside: ['none', 'vpn'],
    })
  })

  test('still holds when the plan looks less hard', () => {
    const settings = { checks: [], restarts: 0, soakSeconds: 1 }
    expect(changedValues(earlier, matrix, now({ settings }))).toEqual({ build: [], beside: [] })
  })

  test('does not hold with an image that was built anew under the same entry of the lab', async () => {
    const own = {
      build: {
        values: [
          { id: 'old', image: BUILT_IMAGE.id },
          { id: 'new', image: 'b' },
        ],
      },
    }
    const ran = { ...matrix, axes: own }
    const before = { ...earlier, matrix: ran, images: new Map([[BUILT_IMAGE.id, sha256('one')]]) }
    const changedIn = async (...contents: readonly string[]) => {
      const { lab } = await labWith(...contents)
      return changedValues(await withRebuiltImages(before, lab), ran, now())
    }
    expect(await changedIn('one')).toEqual({ build: [] })
    expect(await changedIn('one', 'two')).toEqual({ build: ['old'] })
    expect(await changedIn()).toEqual({ build: ['old'] })
  })
})
