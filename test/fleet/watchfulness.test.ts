/** Silence counts only where everybody could have been heard for a whole grace. */
import { describe, expect, it } from 'vitest'
import { mayJudgeSilence, NOT_YET_AWAKE, noteLook, type Look } from '../../src/fleet/watchfulness.ts'

const GRACE = 10_000
const judged = (looks: readonly Look[]): boolean =>
  mayJudgeSilence(looks.reduce(noteLook, NOT_YET_AWAKE), GRACE)
/** Looks every second from `from` on; the database's clock is another one. */
const steady = (from: number, seconds: number, clock = 1_000_000): Look[] =>
  Array.from({ length: seconds + 1 }, (_, index) => ({
    at: from + index * 1000,
    databaseAt: clock + from + index * 1000,
  }))

describe('silence', () => {
  it('counts after a whole grace without an interruption, and not before', () => {
    expect(judged(steady(0, 9))).toBe(false)
    expect(judged(steady(0, 10))).toBe(true)
  })

  it('does not count while the database is away, nor within a grace after it came back', () => {
    const away = [...steady(0, 20), { at: 21_000 }]
    expect(judged(away)).toBe(false)
    expect(judged([...away, ...steady(22_000, 9)])).toBe(false)
    expect(judged([...away, ...steady(22_000, 10)])).toBe(true)
  })

  it('does not count after this process stood still', () => {
    expect(judged([...steady(0, 20), ...steady(600_000, 9)])).toBe(false)
  })

  it('does not count after the database’s clock jumped, forwards or backwards', () => {
    for (const jump of [600_000, -600_000])
      expect(judged([...steady(0, 20), ...steady(21_000, 9, 1_000_000 + jump)])).toBe(false)
  })
})
