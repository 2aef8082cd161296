/** One number against one is a fact; what repeats, what no noise explains and what a budget forbids is held against a candidate. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gradeMeasure, type Measure } from '../../../src/judge/symptoms/grade-measure.ts'
import { signTest } from '../../../src/judge/statistics/sign-test.ts'
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

const verdictOf = (measure: Measure, control: number[], candidate: number[], budget?: Budget) =>
  gradeMeasure(measure, control, candidate, budget)?.verdict

describe('without a budget', () => {
  test.each([
    ['one number against one', launch, [100], [900], 'undecided'],
    ['two against two', launch, [100, 110], [900, 950], 'undecided'],
    [
      'three against three, all of them twice the floor apart',
      launch,
      [100, 110, 105],
      [900, 950, 910],
      'warn',
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
    ['nothing to compare with', launch, [], [900], undefined],
  ] as const)('%s', (_, measure, control, candidate, expected) => {
    expect(verdictOf(measure, [...control], [...candidate])).toBe(expected)
  })

  test('one number against one, or two against two, never warn', () => {
    const number = fc.double({ min: 1, max: 1e6, noNaN: true })
    const few = fc.array(number, { minLength: 1, maxLength: 2 })
    fc.assert(
      fc.property(few, few, (control, candidate) => {
        expect(verdictOf(launch, control, candidate)).not.toBe('warn')
      }),
    )
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
    expect(verdictOf(startTime, [...control], [...candidate], budget(limits))).toBe(expected)
  })

  test('more is better: a limit is the least that is allowed', () => {
    const rate: Measure = { ...launch, name: 'mails', unit: '1/s', better: 'higher' }
    const limits = budget({ absolute: 90 })
    expect(verdictOf(rate, [100, 101, 102], [80, 81, 82], limits)).toBe('fail')
    expect(verdictOf(rate, [100, 101, 102], [95, 96, 97], limits)).toBeUndefined()
    expect(gradeMeasure(rate, [100, 101, 102], [80, 81, 82], limits)?.allowed).toBe('at least 90 1/s')
  })
})

test('the sign test is that of coins', () => {
  expect(signTest(5, 5)).toBeCloseTo(1 / 32)
  expect(signTest(0, 7)).toBe(1)
  expect(signTest(9, 10)).toBeCloseTo(11 / 1024)
})
