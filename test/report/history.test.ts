import { describe, expect, test } from 'vitest'
import { failureRateBounds } from '../../src/judge/statistics/failure-rate.ts'
import type { Report } from '../../src/model/report.ts'
import { buildHistory, digestRun, type RunDigest } from '../../src/report/history.ts'
import { badRun, goodRun } from '../stand-ins/scripted-report.ts'

const DAY = 86_400_000

/** A run of a release on a day, as its digest. */
function digest(
  day: number,
  release: string,
  { report, gate }: ReturnType<typeof badRun>,
  change: (report: Report) => Report = (same) => same,
): RunDigest {
  const startedAt = report.run.startedAt + day * DAY
  const dated = change({
    ...report,
    run: { ...report.run, id: `run-${day}`, startedAt },
    candidate: { ...report.candidate, release, sha256: release },
  })
  return digestRun(dated, gate.decision, `/runs/run-${day}`)
}

const historyOf = (digests: readonly RunDigest[]) =>
  buildHistory({ digests, unread: [], bounds: failureRateBounds })

describe('a history', () => {
  test('tells of each failure when it was first and last seen, and whether it is new, known or gone', () => {
    const before = historyOf([digest(1, '290', goodRun()), digest(2, '291', badRun())])
    expect(before.signatures.map(({ class: name, state }) => `${name} ${state}`).sort()).toEqual([
      'boot-loop new',
      'panic new',
    ])
    const later = historyOf([
      digest(3, '292', badRun()),
      digest(1, '290', goodRun()),
      digest(2, '291', badRun()),
    ])
    expect(later.runs.map(({ release }) => release)).toEqual(['290', '291', '292'])
    expect(later.signatures[0]).toMatchObject({ state: 'known', firstSeen: 1, lastSeen: 2 })
    const fixed = historyOf([digest(2, '291', badRun()), digest(3, '292', goodRun())])
    expect(fixed.signatures[0]).toMatchObject({ state: 'gone', lastSeen: 0 })
  })

  test('tells by configuration value in how many cells of those that hold it a failure was seen', () => {
    const [failure] = historyOf([digest(1, '291', badRun())]).signatures
    const shares = failure?.values.map(
      ({ axis, value, failing, cells }) => `${axis}=${value} ${failing}/${cells}`,
    )
    expect(shares).toContain('product=netwatch 2/4')
    expect(shares).toContain('cpu=max 2/4')
    expect(shares).not.toContain('product=none 0/4')
  })

  test('a configuration that fails in one release and not in the next is no flake; within one candidate it is', () => {
    expect(historyOf([digest(1, '291', badRun()), digest(2, '292', goodRun())]).flaky).toEqual([])
    const { flaky } = historyOf([digest(1, '291', badRun()), digest(2, '291', goodRun())])
    expect(flaky).toHaveLength(2)
    expect(flaky[0]).toMatchObject({ failing: 1, valid: 2, runs: [0, 1] })
    expect(flaky[0]!.low).toBeCloseTo(0.0126, 3)
    expect(flaky[0]!.high).toBeCloseTo(0.9874, 3)
  })

  test('a machine that is flaky in the same way with several releases is told once, with all of its attempts', () => {
    const { flaky } = historyOf(
      ['290', '291', '292'].flatMap((release, at) => [
        digest(2 * at + 1, release, badRun()),
        digest(2 * at + 2, release, goodRun()),
      ]),
    )
    expect(flaky).toHaveLength(2)
    expect(flaky[0]).toMatchObject({ failing: 3, valid: 6, releases: ['290', '291', '292'] })
  })

  test('what was simulated makes no machine flaky', () => {
    const simulated = (report: Report): Report => ({ ...report, run: { ...report.run, simulated: true } })
    const digests = [digest(1, '291', badRun(), simulated), digest(2, '291', goodRun(), simulated)]
    expect(historyOf(digests).flaky).toEqual([])
  })

  test('knows how long it took to red, and how the controls did', () => {
    const { runs } = historyOf([digest(1, '290', goodRun()), digest(2, '291', badRun())])
    expect(runs[0]).not.toHaveProperty('timeToRedMs')
    expect(runs[0]?.control).toEqual({ attempts: 8, failing: 0, invalid: 0 })
    const red = historyOf([digest(0, '291', badRun())]).runs[0]?.timeToRedMs ?? 0
    expect(red).toBeGreaterThan(0)
    const { report } = badRun()
    expect(red).toBeLessThan((report.run.endedAt ?? Infinity) - report.run.startedAt)
  })
})
