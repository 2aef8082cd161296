/** Plan, journal, policy → one verdict for each cell. Needs no machine and no plugin, today or in a year. */
import type { Instant } from '../kit/clock.ts'
import type { RunEvent } from '../model/event.ts'
import type { Plan } from '../model/plan.ts'
import type { Policy } from '../model/policy.ts'
import { RunJudge, type JudgedRun } from './run-judge.ts'

/** All events at once; a cell of which nothing was seen is `not-run`. */
export function judgeRun(plan: Plan, events: readonly RunEvent[], policy: Policy, at: Instant): JudgedRun {
  const { budgets } = policy
  const judge = tell(new RunJudge(plan, { budgets }), events)
  const whole = judge.stale
  return (whole.size === 0 ? judge : tell(new RunJudge(plan, { budgets, whole }), events)).judge(policy, at)
}

function tell(judge: RunJudge, events: readonly RunEvent[]): RunJudge {
  for (const event of events) judge.note(event)
  return judge
}
