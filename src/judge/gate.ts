/**
 * Policy over a report → release, hold or inconclusive. Hold beats inconclusive beats release; too little evidence never
 * satisfies a rule; a simulated or unfinished run never releases.
 */
import { hashJson } from '../kit/hash.ts'
import type { Instant } from '../kit/clock.ts'
import type { Policy, PolicyRule } from '../model/policy.ts'
import type { Gate, Report, RuleResult } from '../model/report.ts'
import { waiverUses, type WaiverUse } from './known-issues.ts'
import { shardText } from '../model/shard-text.ts'
import { isDecided } from '../model/verdict.ts'
import { measureRule } from './gate-metrics.ts'
import { criterionOf, explainDecision, WHOLE_PLAN } from './gate-sentence.ts'

/** Measures whose shortfall means "the candidate is bad"; a shortfall of the others means "not enough was seen". */
const ABOUT_CANDIDATE: ReadonlySet<PolicyRule['metric']> = new Set<PolicyRule['metric']>([
  'failing-cells',
  'warning-cells',
])

/** Decides. `at` is the day on which waivers must still be good. */
export function decideGate(report: Report, policy: Policy, at: Instant): Gate {
  const waivers = waiverUses(
    report.cells.map(({ planned, verdict }) => ({ configuration: planned.configuration, verdict })),
    policy.waivers ?? [],
    at,
  )
  const rules = [
    ...policy.rules.map((rule) => ofWhole(judgeRule(rule, report), rule, report)),
    ...standingRules(report, waivers),
    ...drillRule(report, policy),
  ]
  const decision = rules.some(({ result }) => result === 'violated')
    ? 'hold'
    : rules.every(({ result }) => result === 'satisfied')
      ? 'release'
      : 'inconclusive'
  return {
    schema: 'ringzero/gate/1',
    policy: policy.id,
    policySha256: hashJson(policy),
    decision,
    because: explainDecision(decision, rules, report),
    rules,
    waivers,
  }
}

/**
 * A shard sees a part of the cells. Failing and warning cells only become more in the whole, so too many of them are too many
 * already; any other measure may be another one in the whole.
 */
function ofWhole(result: RuleResult, { metric }: PolicyRule, { run }: Report): RuleResult {
  const isKnown = run.shard === undefined || ABOUT_CANDIDATE.has(metric)
  return isKnown || result.result !== 'violated' ? result : { ...result, result: 'inconclusive' }
}

function judgeRule(rule: PolicyRule, report: Report): RuleResult {
  const measured = measureRule(rule, report)
  const { value, population } = measured
  const minimum = Math.max(1, rule.minimumCells ?? 0)
  const verdicts = report.cells.filter(({ verdict }) => isDecided(verdict)).length
  const tooHigh = rule.atMost !== undefined && value !== null && value > rule.atMost
  const tooLow = rule.atLeast !== undefined && value !== null && value < rule.atLeast
  const missed = tooHigh || tooLow
  const noCriterion = rule.atMost === undefined && rule.atLeast === undefined
  const tooFew = verdicts < minimum || population === 0
  let result: RuleResult['result'] = 'satisfied'
  if (noCriterion || value === null || tooFew || missed) result = 'inconclusive'
  if (missed && (ABOUT_CANDIDATE.has(rule.metric) || measured.disproved === true)) result = 'violated'
  const shortage =
    result === 'inconclusive' && tooFew
      ? `; ${verdicts} cells have a verdict, at least ${minimum} must`
      : noCriterion
        ? '; the rule says neither atMost nor atLeast'
        : ''
  return {
    id: rule.id,
    title: rule.title ?? rule.id,
    metric: rule.metric,
    value,
    criterion: criterionOf(rule),
    population,
    result,
    waived: [...measured.waived],
    explanation: `${measured.detail}${shortage}`,
  }
}

/** Whether the gate was seen to be alive before this run. What was not rehearsed is not proven: never a reason to hold. */
function drillRule({ drill, run }: Report, { drill: wanted }: Policy): RuleResult[] {
  if (wanted === undefined) return []
  const { notOlderThanHours, mustCover = [] } = wanted
  const hours = drill === undefined ? null : (run.startedAt - drill.startedAt) / 3_600_000
  const lacking = mustCover.filter((name) => drill?.covered.includes(name) !== true)
  const missed = drill?.missed ?? []
  const problem =
    hours === null
      ? 'no drill of this gate on this lab came before the run: rehearse it by `ringzero drill`'
      : hours > notOlderThanHours
        ? `the last drill was ${hours.toFixed(1)} hours before the run`
        : missed.length > 0
          ? `in the last drill the gate was blind, or red for a good twin: ${missed.join(', ')}`
          : lacking.length > 0
            ? `the last drill did not cover ${lacking.join(', ')}`
            : undefined
  return [
    {
      id: 'drilled',
      title: 'the gate was rehearsed',
      metric: 'drill',
      value: hours,
      criterion: `at most ${notOlderThanHours} hours before the run`,
      population: drill?.covered.length ?? 0,
      result: problem === undefined ? 'satisfied' : 'inconclusive',
      waived: [],
      explanation:
        problem ??
        `${drill?.covered.length ?? 0} classes were red for the right reason ${(hours ?? 0).toFixed(1)} hours before the run`,
    },
  ]
}

/** Rules that no policy can switch off; only those that are not satisfied are listed. */
function standingRules(report: Report, waivers: readonly WaiverUse[]): RuleResult[] {
  const expired = waivers.filter(({ state }) => state === 'expired')
  const standing = (
    id: string,
    title: string,
    value: number,
    result: RuleResult['result'],
    explanation: string,
  ) => ({
    id,
    title,
    metric: id,
    value,
    criterion: 'always',
    population: report.cells.length,
    result,
    waived: [],
    explanation,
  })
  return [
    ...(expired.length === 0
      ? []
      : [
          standing(
            'waivers-current',
            'no waiver has expired',
            expired.length,
            'violated',
            `expired: ${expired.map(({ id }) => id).join(', ')}; renew or remove`,
          ),
        ]),
    ...(report.run.state === 'complete'
      ? []
      : [
          standing(
            'run-complete',
            'the run is complete',
            0,
            'inconclusive',
            `the run is ${report.run.state}`,
          ),
        ]),
    ...(report.run.shard === undefined
      ? []
      : [
          standing(
            WHOLE_PLAN,
            'the whole plan was run',
            report.cells.length,
            'inconclusive',
            report.run.shard.cells === undefined
              ? `this is shard ${shardText(report.run.shard)} of a plan: it releases nothing, \`ringzero merge\` decides`
              : 'chosen cells of a plan were run: such a run releases nothing',
          ),
        ]),
    ...(report.run.simulated
      ? [
          standing(
            'real-machines',
            'the machines are real',
            0,
            'inconclusive',
            'a simulated run releases nothing',
          ),
        ]
      : []),
  ]
}
