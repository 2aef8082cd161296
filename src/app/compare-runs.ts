/** What changed from one run to another, both judged anew under the same policy. */
import { resolve } from 'node:path'
import type { Instant } from '../kit/clock.ts'
import type { Policy } from '../model/policy.ts'
import type { History } from '../model/history.ts'
import type { ReportDiff } from '../model/report-diff.ts'
import { failureRateBounds } from '../judge/statistics/failure-rate.ts'
import { diffReports } from '../report/diff-reports.ts'
import { buildHistory, digestRun } from '../report/history.ts'
import { judgeRun } from './judge-run.ts'

export interface ComparedRuns {
  readonly diff: ReportDiff
  /** The same two runs as a history. */
  readonly history: History
}

/** Differences of the later run against the earlier. @throws AppError RUN_UNREADABLE (user), JOURNAL_DAMAGED */
export async function compareRuns(
  earlierFolder: string,
  laterFolder: string,
  policy: Policy,
  at: Instant,
): Promise<ComparedRuns> {
  const earlier = await judgeRun(earlierFolder, policy, at)
  const later = await judgeRun(laterFolder, policy, at)
  const digests = [
    digestRun(earlier.report, earlier.gate.decision, resolve(earlierFolder)),
    digestRun(later.report, later.gate.decision, resolve(laterFolder)),
  ]
  return {
    diff: diffReports(earlier.report, later.report),
    history: buildHistory({ digests, unread: [], bounds: failureRateBounds }),
  }
}
