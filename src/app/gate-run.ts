/** The decision on a run under a policy, made anew from the journal. */
import type { Instant } from '../kit/clock.ts'
import type { Policy } from '../model/policy.ts'
import type { Gate } from '../model/report.ts'
import { judgeRun } from './judge-run.ts'

/** release, hold or inconclusive, with every rule; writes nothing. @throws AppError RUN_UNREADABLE (user), JOURNAL_DAMAGED */
export async function gateRun(runFolder: string, policy: Policy, at: Instant): Promise<Gate> {
  return (await judgeRun(runFolder, policy, at)).gate
}
