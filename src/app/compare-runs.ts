/** What changed from one run to another, both judged anew under the same policy. */
import type { Instant } from '../kit/clock.ts'
import type { Policy } from '../model/policy.ts'
import { diffReports, type ReportDiff } from '../report/diff-reports.ts'
import { judgeRun } from './judge-run.ts'

/** Differences of the later run against the earlier. @throws AppError RUN_UNREADABLE (user), JOURNAL_DAMAGED */
export async function compareRuns(
  earlierFolder: string,
  laterFolder: string,
  policy: Policy,
  at: Instant,
): Promise<ReportDiff> {
  const earlier = await judgeRun(earlierFolder, policy, at)
  const later = await judgeRun(laterFolder, policy, at)
  return diffReports(earlier.report, later.report)
}
