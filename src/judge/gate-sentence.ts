/** What the gate says to people. */
import type { PolicyRule } from '../model/policy.ts'
import type { Gate, Report, RuleResult } from '../model/report.ts'
import { isBlamed } from '../model/verdict.ts'

/** Id of the standing rule that a shard breaks. */
export const WHOLE_PLAN = 'whole-plan'

/** Why the decision is what it is, as one sentence for people. */
export function explainDecision(
  decision: Gate['decision'],
  rules: readonly RuleResult[],
  report: Report,
): string {
  const open = rules.filter(({ result }) => result === (decision === 'hold' ? 'violated' : 'inconclusive'))
  // Of a shard the first thing to know is that it is one.
  const deciding = open.find(({ id }) => id === WHOLE_PLAN) ?? open[0]
  const ignored = report.cells.filter(
    ({ verdict }) => isBlamed(verdict) && verdict.waiver === undefined,
  ).length
  const note =
    decision === 'hold' || ignored === 0
      ? ''
      : `; ${ignored} failing cells, which no rule of the policy counts`
  if (deciding !== undefined)
    return `${withoutCells(deciding.explanation, report)} (rule: ${deciding.title})${note}`
  const waived = new Set(rules.flatMap((rule) => rule.waived)).size
  return `all ${rules.length} rules are satisfied${waived === 0 ? '' : `, ${waived} failing cells under waivers`}${note}`
}

/** The rule names the cells that it counted; a decision is one sentence for people. */
function withoutCells(explanation: string, report: Report): string {
  const ids = new Set(report.cells.map(({ planned }) => planned.id))
  return explanation.replace(/ \(([^()]*)\)/, (whole, list: string) =>
    list.split(', ').every((word) => word === '…' || ids.has(word)) ? '' : whole,
  )
}

/** What a rule asks for, in words. */
export function criterionOf({ atMost, atLeast }: PolicyRule): string {
  const parts = [
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
  ]
  return parts.join(' and ') || 'none'
}
