import { describe, expect, it } from 'vitest'
import { formatComparison } from '../../src/cli/format-comparison.ts'
import { formatHistory } from '../../src/cli/format-history.ts'
import { textWidth } from '../../src/cli/wrap-text.ts'
import { failureRateBounds } from '../../src/judge/statistics/failure-rate.ts'
import type { Report } from '../../src/model/report.ts'
import { diffReports } from '../../src/report/diff-reports.ts'
import { buildHistory, digestRun } from '../../src/report/history.ts'
import { EVERYTHING, hostileRun } from '../plugins/reporters/hostile-report.ts'
import { badRun, goodRun } from '../stand-ins/scripted-report.ts'

const good = goodRun()

function after(report: Report, id: string): Report {
  return { ...report, run: { ...report.run, id, startedAt: report.run.startedAt + 1 } }
}

it('cells that broke in the same way are one line with a count', () => {
  const lines = formatComparison(diffReports(good.report, badRun().report), 80)
  expect(lines).toContain('broken: 2')
  expect(lines.filter((line) => line.includes('pass → fail'))).toHaveLength(1)
  expect(lines).toContain('    micro-6.1 · netwatch · max and 1 more')
})

describe.each([
  ['everything', EVERYTHING],
  ['much', EVERYTHING.repeat(20)],
  ['wide', '漢字'.repeat(300)],
  ['without a space', 'x'.repeat(3000)],
  ['from right to left', 'עדכון \u202eabc '.repeat(40)],
])('what guests and files say: %s', (_, text) => {
  it.each([60, 80, 120])('fits into %i columns', (width) => {
    const bad = hostileRun(text)
    const history = buildHistory({
      digests: [
        digestRun(good.report, good.gate.decision, '/runs/a'),
        digestRun(after(bad.report, text.slice(0, 300)), bad.gate.decision, '/runs/b'),
      ],
      unread: [{ folder: text, reason: text }],
      bounds: failureRateBounds,
    })
    const lines = [
      ...formatHistory(history, width),
      ...formatComparison(diffReports(good.report, bad.report), width),
    ]
    expect(lines.length).toBeGreaterThan(20)
    expect(lines.filter((line) => textWidth(line) > width || /[\n\u001b\u202e]/.test(line))).toEqual([])
  })
})
