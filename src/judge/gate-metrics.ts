/** What the rules of a policy measure on a report. */
import type { PolicyRule } from '../model/policy.ts'
import type { Report } from '../model/report.ts'
import { isBlamed, isDecided } from '../model/verdict.ts'
import { failureRateBounds } from './statistics/failure-rate.ts'

type ReportedCell = Report['cells'][number]

export interface Measured {
  readonly value: number | null
  readonly population: number
  readonly waived: readonly string[]
  /** What the number was made of, for people. */
  readonly detail: string
  /** Not only unproven but disproved: the rule is violated, not just open. */
  readonly disproved?: boolean
}

/** The number that a rule asks for. */
export function measureRule(rule: PolicyRule, report: Report): Measured {
  const { cells } = report
  const judged = cells.filter(hasVerdict)
  const count = (chosen: (cell: ReportedCell) => boolean, among: readonly ReportedCell[], what: string) =>
    countCells(rule, among.filter(chosen), among.length, what)
  switch (rule.metric) {
    case 'failing-cells':
      return count(
        (cell) => isBlamed(cell.verdict) && hasSymptom(cell, rule, 'fail'),
        judged,
        'fail because of the candidate',
      )
    case 'warning-cells':
      return count(
        (cell) => cell.verdict.outcome === 'warn' && hasSymptom(cell, rule, 'warn'),
        judged,
        'warn',
      )
    case 'inconclusive-cells':
      return count((cell) => !hasVerdict(cell), cells, 'have no verdict')
    case 'pre-existing-cells':
      return count(({ verdict }) => verdict.blame === 'pre-existing', cells, 'fail without the candidate too')
    case 'covered-share':
      return coveredShare(report)
    case 'starts':
      return starts(judged)
    case 'fleet-share':
      return fleetShare(report, judged.length)
    case 'failure-rate-bound':
      return failureRate(rule, judged)
    // No default: the compiler refuses a metric without a formula.
  }
}

function fleetShare({ coverage }: Report, population: number): Measured {
  const value = coverage.fleetShare
  return { value, population, waived: [], detail: `${(value * 100).toFixed(1)} % of the fleet` }
}

function countCells(
  rule: PolicyRule,
  cells: readonly ReportedCell[],
  population: number,
  what: string,
): Measured {
  const waived = rule.waivable === true ? cells.filter(({ verdict }) => verdict.waiver !== undefined) : []
  const value = cells.length - waived.length
  const named = cells
    .filter((cell) => !waived.includes(cell))
    .slice(0, 5)
    .map(({ planned }) => planned.id)
  const list = named.length === 0 ? '' : ` (${named.join(', ')}${value > named.length ? ', …' : ''})`
  const aside = waived.length === 0 ? '' : `, ${waived.length} more under a waiver`
  return {
    value,
    population,
    waived: waived.map(({ planned }) => planned.id),
    detail: `${value} of ${population} cells ${what}${list}${aside}`,
  }
}

/** The judged combinations at the plan's strength, of all that the constraints allow. */
function coveredShare({ coverage, cells }: Report): Measured {
  const strength = coverage.strength ?? Math.max(0, ...coverage.judged.map((entry) => entry.strength))
  const entry = coverage.judged.find((at) => at.strength === strength)
  const population = cells.filter(hasVerdict).length
  if (entry === undefined || entry.feasible === 0)
    return { value: null, population, waived: [], detail: 'nothing was measured' }
  return {
    value: entry.covered / entry.feasible,
    population,
    waived: [],
    detail: `${entry.covered} of ${entry.feasible} combinations of ${strength} values were seen on a cell with a verdict`,
  }
}

function starts(judged: readonly ReportedCell[]): Measured {
  const value = judged
    .flatMap(({ verdict }) => verdict.attempts)
    .filter((attempt) => attempt.end === 'completed' && attempt.invalid === undefined)
    .reduce((sum, attempt) => sum + (attempt.starts ?? 0), 0)
  return {
    value,
    population: judged.length,
    waived: [],
    detail: `${value} settled starts with the candidate on ${judged.length} cells`,
  }
}

function failureRate(rule: PolicyRule, judged: readonly ReportedCell[]): Measured {
  const failing = judged.reduce((sum, { verdict }) => sum + verdict.failing, 0)
  const tries = judged.reduce((sum, { verdict }) => sum + verdict.valid, 0)
  const { low, high } = failureRateBounds(failing, tries)
  return {
    value: tries === 0 ? null : high,
    population: tries,
    waived: [],
    detail: `${failing} of ${tries} attempts failed: with 95 % certainty at most ${(high * 100).toFixed(2)} % do`,
    disproved: rule.atMost !== undefined && failing > 0 && low > rule.atMost,
  }
}

function hasVerdict({ verdict }: ReportedCell): boolean {
  return isDecided(verdict)
}

function hasSymptom({ verdict }: ReportedCell, rule: PolicyRule, severity: 'fail' | 'warn'): boolean {
  const wanted = rule.symptoms
  if (wanted === undefined) return true
  return verdict.symptoms.some((symptom) => symptom.severity === severity && wanted.includes(symptom.class))
}
