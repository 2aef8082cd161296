import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findSuspects } from '../../../src/judge/suspects/find-suspects.ts'
import { seededRandom } from '../../../src/kit/random.ts'
import type { Configuration } from '../../../src/model/matrix.ts'

const axes = {
  build: ['w10', 'w11', 'ws'],
  tpm: ['none', 'two'],
  av: ['no', 'a', 'b'],
  disk: ['ide', 'nvme'],
}
const everything: Configuration[] = axes.build.flatMap((build) =>
  axes.tpm.flatMap((tpm) => axes.av.flatMap((av) => axes.disk.map((disk) => ({ build, tpm, av, disk })))),
)
const free = { axes, feasible: () => true }

function holds(configuration: Configuration, part: Configuration): boolean {
  return Object.entries(part).every(([axis, value]) => configuration[axis] === value)
}

function observe(
  cells: readonly Configuration[],
  culprits: readonly Configuration[],
  failures = 1,
  runs = 1,
) {
  return cells.map((configuration) => {
    const hit = culprits.some((culprit) => holds(configuration, culprit))
    return { configuration, failures: hit ? failures : 0, runs }
  })
}

describe('suspects', () => {
  test('the one combination behind all failures comes first, whatever it is', () => {
    const culprit = fc
      .constantFrom(...everything)
      .chain((cell) => fc.subarray(Object.entries(cell), { minLength: 1, maxLength: 3 }))
      .map((entries): Configuration => Object.fromEntries(entries))
    fc.assert(
      fc.property(culprit, (part) => {
        expect(findSuspects(observe(everything, [part]), free).suspects[0]!.values).toEqual(part)
      }),
      { numRuns: 60 },
    )
  })

  test('without a failure there is none', () => {
    expect(findSuspects(observe(everything, []), free)).toEqual({ suspects: [], explanations: [] })
    expect(findSuspects([], free).suspects).toEqual([])
  })

  test('two independent culprits are told apart and stand together in the best explanation', () => {
    const culprits = [
      { build: 'ws', av: 'a' },
      { tpm: 'none', disk: 'nvme' },
    ]
    const { suspects, explanations } = findSuspects(observe(everything, culprits), free)
    expect(suspects.slice(0, 2).map(({ values }) => values)).toEqual(expect.arrayContaining(culprits))
    expect(explanations[0]!.culprits).toHaveLength(2)
  })

  test('a culprit that fails in some repeats only is not excused by the runs that pass', () => {
    const culprit = { build: 'w11', av: 'b' }
    const [first] = findSuspects(observe(everything, [culprit], 1, 3), free).suspects
    expect(first!.values).toEqual(culprit)
    expect(first!.support).toMatchObject({ failures: 2 * 2, runs: 2 * 2 * 3 })
    // Even where some cells with the culprit passed altogether.
    const cells = observe(everything, [culprit], 2, 3)
    const spotty = cells.map((cell, at) => (at % 3 === 0 ? { ...cell, failures: 0 } : cell))
    expect(findSuspects(spotty, free).suspects[0]!.values).toEqual(culprit)
  })

  test('whatever runs pass by luck, a culprit that fails in half to nine tenths of them comes first', () => {
    const culprit = fc
      .constantFrom(...everything)
      .chain((cell) => fc.subarray(Object.entries(cell), { minLength: 1, maxLength: 2 }))
      .map((entries): Configuration => Object.fromEntries(entries))
    const rate = fc.double({ min: 0.5, max: 0.9, noNaN: true })
    let named = 0
    let tried = 0
    fc.assert(
      fc.property(culprit, rate, fc.integer(), (part, chance, seed) => {
        const random = seededRandom(seed)
        const failed = (cell: Configuration): number =>
          holds(cell, part) ? [0, 1, 2].filter(() => random() < chance).length : 0
        const cells = everything.map((cell) => ({ configuration: cell, failures: failed(cell), runs: 3 }))
        const { suspects } = findSuspects(cells, free)
        tried += 1
        if (isDeepStrictEqual(suspects[0]?.values, part)) named += 1
        // Luck can make another one look better; it never takes the culprit off the list.
        expect(suspects.map(({ values }) => values)).toContainEqual(part)
      }),
      { numRuns: 60, seed: 11 },
    )
    expect(named / tried).toBeGreaterThan(0.9)
  })

  test('a combination that ran only beside a culprit is not acquitted: it may be a second one', () => {
    const random = seededRandom(5)
    const names = Array.from({ length: 18 }, (_, at) => `axis${at}`)
    const cells = Array.from({ length: 24 }, (_, at) => {
      const drawn = names.map((name) => [name, String(Math.floor(random() * 4))] as const)
      // Three cells hold the culprit; one of them, and no other cell, holds the two values of the other.
      const fixed = at < 3 ? { axis0: '0', axis1: '0' } : { axis0: '1' }
      return { ...Object.fromEntries(drawn), axis5: at === 0 ? '3' : '2', axis6: '3', ...fixed }
    })
    const axes18 = Object.fromEntries(names.map((name) => [name, ['0', '1', '2', '3']]))
    const culprit = { axis0: '0', axis1: '0' }
    const { explanations } = findSuspects(observe(cells, [culprit]), { axes: axes18, feasible: () => true })
    const hidden = explanations.filter(
      ({ culprits }) =>
        culprits.length === 2 &&
        culprits.some((other) => isDeepStrictEqual(other, { axis5: '3', axis6: '3' })),
    )
    expect(hidden.length).toBeGreaterThan(0)
  })

  test('nothing is called the cause on one failure, or while a value was not shown to be needed', () => {
    const culprit = { build: 'w11', av: 'b' }
    const one = [{ build: 'w11', tpm: 'two', av: 'b', disk: 'ide' }]
    const passing = everything.filter((cell) => !holds(cell, culprit))
    const single = findSuspects([...observe(one, [culprit]), ...observe(passing, [])], free)
    expect(single.suspects.every(({ support }) => !support.sufficient)).toBe(true)
    const narrow = everything.filter((cell) => cell['av'] === 'b')
    expect(findSuspects(observe(narrow, [culprit]), free).suspects[0]!.support.contrasts).toBeLessThan(2)
    const wide = findSuspects(observe(everything, [culprit]), free).suspects
    expect(wide[0]!.support).toMatchObject({
      sufficient: true,
      contrasts: 2,
      failingCells: 4,
      allFailingCells: 4,
    })
    expect(wide.slice(1).every(({ support }) => !support.sufficient)).toBe(true)
  })

  test('combinations that constraints tie together are one class', () => {
    const tied = (partial: Configuration) =>
      partial['build'] !== 'ws'
        ? partial['av'] !== 'a' || partial['build'] === undefined
        : (partial['av'] ?? 'a') === 'a'
    const cells = everything.filter((cell) => (cell['build'] === 'ws') === (cell['av'] === 'a'))
    const [first, ...others] = findSuspects(observe(cells, [{ build: 'ws' }]), {
      axes,
      feasible: tied,
    }).suspects
    const all = [first!.values, ...first!.equivalent]
    expect(all).toEqual(expect.arrayContaining([{ build: 'ws' }, { av: 'a' }]))
    expect(others.map(({ values }) => values)).not.toContainEqual({ av: 'a' })
  })
})
