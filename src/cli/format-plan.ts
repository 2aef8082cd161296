/** A plan as people read it before they start it: cells with their purpose, coverage, what cannot be, how long it takes. */
import { configurationText } from '../model/configuration-text.ts'
import type { Plan } from '../model/plan.ts'
import { spellValues } from '../model/spelling.ts'
import { durationText } from '../kit/duration-text.ts'
import { formatTable } from './table.ts'

/** Infeasible combinations told with their reason; the rest is counted. */
const INFEASIBLE_SHOWN = 12

export interface PlanCost {
  /** With all hosts working side by side. */
  readonly milliseconds: number
  /** In the currency of the lab file's `costPerHour`; 0 where none is given. */
  readonly cost: number
}

/** Lines for a terminal of this width. */
export function formatPlan(plan: Plan, cost: PlanCost | undefined, width: number): string[] {
  const axes = plan.axes.map((axis) => axis.id)
  const valuesOf = (configuration: Readonly<Record<string, string>>): readonly string[] => {
    const spelled = spellValues(plan.axes, configuration)
    return axes.map((axis) => spelled[axis] ?? '–')
  }
  const cells = new Map(plan.cells.map((cell) => [cell.id, cell]))
  // A stage without cells has nothing to show: those before it covered what it is for.
  const filled = plan.stages.filter((stage) => stage.cells.length > 0)
  const stages = filled.flatMap((stage) => [
    '',
    `${stage.title}: ${count(stage.cells.length, 'cell')}`,
    ...formatTable(
      ['cell', ...axes, 'for'],
      stage.cells.flatMap((id) => {
        const cell = cells.get(id)
        return cell === undefined ? [] : [[id.slice(0, 7), ...valuesOf(cell.configuration), cell.purpose]]
      }),
      width,
    ),
  ])
  return [
    `${plan.title ?? plan.matrix}: ${count(plan.cells.length, 'cell')} in ${count(filled.length, 'stage')}, seed ${plan.seed}`,
    ...stages,
    ...productLines(plan),
    '',
    'coverage of the feasible combinations',
    ...plan.coverage.map(
      ({ strength, covered, feasible, infeasible }) =>
        `  ${NAMES[strength] ?? `${strength}-way`}: ${covered} of ${feasible} (${share(covered, feasible)})${infeasible > 0 ? `, ${infeasible} infeasible` : ''}`,
    ),
    ...sizeLine(plan),
    ...infeasibleLines(plan),
    ...(cost === undefined
      ? []
      : [
          `expected: about ${durationText(cost.milliseconds)}${cost.cost > 0 ? `, cost ${cost.cost.toFixed(2)}` : ''} on this lab`,
        ]),
    ...plan.warnings.map((warning) => `warning: ${warning}`),
  ]
}

function productLines({ products = [], cells }: Plan): string[] {
  if (products.length === 0) return []
  const lines = products.map((product) => {
    const { id, title, release, vendor } = product
    const members = cells.filter((cell) => cell.products.includes(id)).length
    const facts = [
      ...(vendor === undefined ? [] : [vendor]),
      ...(product.class === undefined ? [] : [product.class]),
    ]
    return `  ${id}: ${title} ${release}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}, in ${count(members, 'cell')}`
  })
  return ['', 'installed beside the candidate', ...lines]
}

const NAMES: Readonly<Record<number, string>> = { 1: 'values', 2: 'pairs', 3: 'triples' }

function sizeLine(plan: Plan): string[] {
  if (plan.lowerBound === undefined) return []
  return [
    plan.provedMinimal
      ? `size: ${count(plan.cells.length, 'cell')}, proved minimal`
      : `size: ${count(plan.cells.length, 'cell')}; at least ${plan.lowerBound} are needed`,
  ]
}

function infeasibleLines(plan: Plan): string[] {
  if (plan.infeasibleCount === 0) return []
  const shown = plan.infeasible.slice(0, INFEASIBLE_SHOWN)
  const rest = plan.infeasibleCount - shown.length
  return [
    `impossible combinations: ${plan.infeasibleCount}`,
    ...shown.map(
      ({ values, reason }) =>
        `  ${configurationText(spellValues(plan.axes, values))}${reason === '' ? '' : `: ${reason}`}`,
    ),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ]
}

function share(part: number, whole: number): string {
  return whole === 0 ? 'none' : `${((100 * part) / whole).toFixed(part === whole ? 0 : 1)} %`
}

function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`
}
