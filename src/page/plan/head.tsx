import type { PlanPage } from '../../model/plan-page.ts'
import { Brand } from '../parts/brand.tsx'
import { Facts } from '../parts/facts.tsx'
import { count, duration, percent } from '../parts/format.ts'

const NAMES: Readonly<Record<number, string>> = { 1: 'value', 2: 'pair of values', 3: 'triple of values' }

/** How many machines, what they cover, how long it takes. */
export function Head({ data }: { readonly data: PlanPage }) {
  const { plan, together } = data
  const complete = together === undefined || together.covered === together.feasible
  return (
    <>
      <Brand what="plan" />
      <div class={`decision ${complete ? 'd-release' : 'd-hold'}`}>
        <span class="sign" aria-hidden="true">
          {complete ? '✓' : '!'}
        </span>
        <div>
          <h1>{count(data.cells.length, 'cell')}</h1>
          <p>{`${promise(data, complete)} ${size(data)}`}</p>
        </div>
      </div>
      {plan.warnings.map((warning) => (
        <p class="alarm" key={warning}>
          {warning}
        </p>
      ))}
      <Facts
        facts={[
          ['matrix', plan.title ?? plan.matrix],
          ['axes', String(plan.axes.length)],
          ['strength', String(plan.strength)],
          ['expected', expected(data)],
          data.cost !== undefined && data.cost.cost > 0 ? ['cost', data.cost.cost.toFixed(2)] : undefined,
          ['fleet', `${percent(data.fleet)}${data.weighted ? '' : ' (no weights)'}`],
          ['seed', String(plan.seed)],
        ]}
      />
    </>
  )
}

function promise({ plan, together, since }: PlanPage, complete: boolean): string {
  const word = NAMES[plan.strength] ?? `combination of ${plan.strength} values`
  if (since !== undefined)
    return `They show what the ${count(since.length, 'cell')} that passed before have not${together === undefined ? '' : `; together ${together.covered} of ${together.feasible} possible combinations of ${plan.strength} values`}.`
  if (together === undefined) return `Every possible ${word} occurs in one of them.`
  return complete
    ? `Every possible ${word} occurs in one of them: ${together.covered} in all.`
    : `${together.covered} of ${together.feasible} possible combinations of ${plan.strength} values occur in them.`
}

function size({ plan }: PlanPage): string {
  if (plan.provedMinimal) return 'Proved minimal: no plan that covers as much has fewer.'
  return plan.lowerBound !== undefined && plan.lowerBound > 0
    ? `No plan that covers as much can have fewer than ${plan.lowerBound}.`
    : ''
}

function expected({ plan, cells, cost }: PlanPage): string {
  if (cost !== undefined) return `${duration(cost.milliseconds)} on this lab`
  const seconds = cells.reduce((sum, cell) => sum + cell.expectedSeconds, 0) * plan.settings.repeats
  return `${duration(seconds * 1000)} one after the other`
}
