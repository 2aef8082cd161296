/** One number against one is a fact; what repeats, what no noise explains and what a budget forbids is held against a candidate. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { worseProbability } from '../../../src/judge/statistics/compare-samples.ts'
import { looksAt } from '../../../src/judge/statistics/looks.ts'
import {
  budgetFor,
  gradeMeasure,
  type GradeRules,
  type Measure,
} from '../../../src/judge/symptoms/grade-measure.ts'
import { seededRandom } from '../../../src/kit/random.ts'
import type { Budget } from '../../../src/model/policy.ts'

const launch: Measure = {
  kind: 'measure',
  name: 'launch:after-install',
  value: 0,
  unit: 'ms',
  better: 'lower',
  symptom: 'perf-regression',
  floorShare: 0.5,
  floorValue: 250,
}
const processes: Measure = {
  ...launch,
  name: 'processes',
  unit: 'processes',
  symptom: 'resource-growth',
  floorValue: 20,
}
const startTime: Measure = { ...launch, name: 'start-time', floorShare: 0.25, floorValue: 2000 }

/** Each number is of an attempt of its own. */
const apart = (numbers: readonly number[]): number[][] => numbers.map((number) => [number])
const arms = (control: readonly number[], candidate: readonly number[]) => ({
  control: apart(control),
  candidate: apart(candidate),
})
const verdictOf = (
  measure: Measure,
  control: readonly number[],
  candidate: readonly number[],
  rules?: GradeRules,
) => gradeMeasure(measure, arms(control, candidate), rules)?.verdict

describe('without a budget', () => {
  test.each([
    ['one number against one', launch, [100], [900], 'undecided'],
    ['two against two', launch, [100, 110], [900, 950], 'undecided'],
    [
      'three against three, which no level can tell from noise',
      launch,
      [100, 110, 105],
      [900, 950, 910],
      'undecided',
    ],
    ['three of which one is no worse', launch, [100, 110, 105], [900, 100, 910], undefined],
    [
      'five against five, worse at the level',
      launch,
      [100, 101, 102, 103, 104],
      [400, 401, 402, 403, 404],
      'warn',
    ],
    ['a start that takes twenty times as long, once', startTime, [6000], [120_000], 'fail'],
    ['a start that takes three times as long, once', startTime, [6000], [18_000], 'undecided'],
    ['300 processes more, counted once', processes, [60], [360], 'fail'],
    ['30 processes more, counted once', processes, [60], [90], undefined],
    ['70 processes more, each of three times', processes, [60, 61, 62], [130, 131, 132], 'warn'],
    ['nothing to compare with', launch, [], [900], undefined],
  ] as const)('%s', (_, measure, control, candidate, expected) => {
    expect(verdictOf(measure, control, candidate)).toBe(expected)
  })

  test('fewer than five times or rates against five never warn', () => {
    const number = fc.double({ min: 1, max: 1e6, noNaN: true })
    const few = fc.array(number, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(few, few, (control, candidate) => {
        expect(verdictOf(launch, control, candidate)).not.toBe('warn')
      }),
    )
  })

  test('all starts of one attempt share its moment: many of them are one number', () => {
    const grade = (candidate: number[]) =>
      gradeMeasure(startTime, { control: [[6000, 6100, 6200, 6000, 6100]], candidate: [candidate] })?.verdict
    expect(grade([16_000, 16_100, 16_200, 16_000, 16_100])).toBe('undecided')
    // Five times as long at each of them, and never before: no load comes and goes so.
    expect(grade([54_000, 54_100, 54_200, 54_000, 54_100])).toBe('fail')
  })
})

describe('looks, each of which may end the repeats', () => {
  const settle = { plannedBeforeLooking: 1 }

  test('decide where all of five are worse, and not in between', () => {
    expect(verdictOf(launch, [1, 2, 3, 4], [900, 901, 902, 903], settle)).toBe('undecided')
    expect(verdictOf(launch, [1, 2, 3, 4, 5], [900, 901, 902, 903, 904], settle)).toBe('warn')
    // One of five against one of five is no better: p = 0.008, which one look may take and the first of several may not.
    const [control, mixed] = [
      [100, 101, 102, 103, 600],
      [590, 901, 902, 903, 904],
    ] as const
    expect(verdictOf(launch, control, mixed)).toBe('warn')
    expect(verdictOf(launch, control, mixed, settle)).toBeUndefined()
  })

  test('cry wolf no more often in all than one look may, however long they go on', () => {
    const random = seededRandom(7)
    const arm = (): number[] => Array.from({ length: 40 }, () => 1 + random())
    /** Any look says so: nobody who stops at the worst moment fares better. */
    const alarms = (level: number, first: number | undefined, runs = 2000): number => {
      let alarmed = 0
      for (let run = 0; run < runs; run += 1) {
        const [control, candidate] = [arm(), arm()]
        const looks =
          first === undefined
            ? Array.from({ length: 16 }, (_, at) => ({ size: 5 + at, level }))
            : looksAt(20, level, first)
        if (
          looks.some(
            ({ size, level: at }) => worseProbability(control.slice(0, size), candidate.slice(0, size)) <= at,
          )
        )
          alarmed += 1
      }
      return alarmed / runs
    }
    // Three standard errors of 2,000 runs: 0.0146 and 0.0067. Without the levels of each look it is several times the level.
    expect(alarms(0.05, 4)).toBeLessThan(0.05 + 0.0146)
    expect(alarms(0.01, 5)).toBeLessThan(0.01 + 0.0067)
    expect(alarms(0.05, undefined)).toBeGreaterThan(0.1)
  })
})

describe('with a budget', () => {
  const budget = (limits: Partial<Budget>): Budget => ({ measure: 'start-time', ...limits })

  test.each([
    ['within both', { absolute: 10_000, relative: 0.5 }, [6000, 6100, 6200], [7000, 7100, 7200], undefined],
    ['over the share, all of them', { relative: 0.1 }, [6000, 6100, 6200], [7000, 7100, 7200], 'fail'],
    ['over the share, one number only', { relative: 0.1 }, [6000], [7000], 'undecided'],
    [
      'over the share by the median, not surely',
      { relative: 0.1 },
      [6000, 6100, 6900],
      [7000, 6700, 7200],
      'undecided',
    ],
    ['over the limit, all of them', { absolute: 6500 }, [6000, 6100, 6200], [7000, 7100, 7200], 'fail'],
    [
      'over the limit, which the control does not keep either',
      { absolute: 5000 },
      [6000, 6100, 6200],
      [7000, 7100, 7200],
      undefined,
    ],
    [
      'over the limit, no worse than the control',
      { absolute: 6500 },
      [6000, 6400, 7500],
      [6600, 6700, 6800],
      'undecided',
    ],
    [
      'a difference that would be a failure without the budget',
      { relative: 100 },
      [6000],
      [120_000],
      undefined,
    ],
  ] as const)('%s', (_, limits, control, candidate, expected) => {
    expect(verdictOf(startTime, control, candidate, { budget: budget(limits) })).toBe(expected)
  })

  test('more is better: a limit is the least that is allowed', () => {
    const rate: Measure = { ...launch, name: 'mails', unit: '1/s', better: 'higher' }
    const limits = budget({ absolute: 90 })
    expect(verdictOf(rate, [100, 101, 102], [80, 81, 82], { budget: limits })).toBe('fail')
    expect(verdictOf(rate, [100, 101, 102], [95, 96, 97], { budget: limits })).toBeUndefined()
    expect(gradeMeasure(rate, arms([100, 101, 102], [80, 81, 82]), { budget: limits })?.allowed).toBe(
      'at least 90 1/s',
    )
  })
})

test('of several budgets that fit a measure the strictest limits count, wherever they stand', () => {
  const budgets: Budget[] = [
    { measure: 'launch:*', relative: 2 },
    { measure: 'launch:after-install', absolute: 900, relative: 1 },
    { measure: '*', absolute: 800 },
    { measure: 'start-time', absolute: 1 },
  ]
  expect(budgetFor(budgets, launch)).toMatchObject({ absolute: 800, relative: 1 })
  expect(budgetFor(budgets.toReversed(), launch)).toMatchObject({ absolute: 800, relative: 1 })
  expect(budgetFor(budgets, { ...launch, better: 'higher' })).toMatchObject({ absolute: 900 })
  expect(budgetFor([{ measure: 'x', absolute: 1 }], launch)).toBeUndefined()
})
