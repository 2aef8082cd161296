/** Coverage, what is not covered, what cannot be. */
import type { ComponentChildren } from 'preact'
import type { PlanPage } from '../../model/plan-page.ts'
import { Card } from '../parts/card.tsx'
import { Combination } from '../parts/combination.tsx'
import { count } from '../parts/format.ts'
import { Meter } from '../parts/meter.tsx'

const NAMES: Readonly<Record<number, string>> = { 1: 'values', 2: 'pairs', 3: 'triples' }
const SHOWN = 12

export function Coverage({ data }: { readonly data: PlanPage }) {
  const { plan, since, weighted } = data
  return (
    <Card
      id="coverage"
      title="Coverage"
      note={since === undefined ? 'of what the constraints allow' : 'by these cells alone'}
    >
      {plan.coverage.map(({ strength, covered, feasible, infeasible }) => (
        <ShareMeter
          key={strength}
          word={NAMES[strength] ?? `${strength}-way`}
          share={feasible === 0 ? 1 : covered / feasible}
          detail={`${covered} of ${feasible}${infeasible > 0 ? `, ${infeasible} impossible` : ''}`}
        />
      ))}
      <ShareMeter
        word="fleet"
        share={data.fleet}
        detail={
          weighted
            ? `machines whose every ${plan.strength === 1 ? 'value' : `combination of ${plan.strength} values`} occurs, by the weights${since === undefined ? '' : ', with those that passed before'}`
            : 'no value has a weight, so all count alike'
        }
      />
    </Card>
  )
}

/** Nothing that is not complete is rounded up to 100 %. */
function ShareMeter({
  word,
  share,
  detail,
}: {
  readonly word: string
  readonly share: number
  readonly detail: string
}) {
  const text = share < 1 ? `${Math.min(99.9, 100 * share).toFixed(1)} %` : '100 %'
  return <Meter {...{ word, share, text, detail }} />
}

export function Uncovered({ data }: { readonly data: PlanPage }) {
  if (data.uncovered.length === 0) return null
  return (
    <Card
      id="uncovered"
      title="Not covered"
      note={`${data.uncovered.length}${data.uncoveredMore ? ' and more' : ''}: possible, and in no cell`}
    >
      <Folded
        items={data.uncovered.map((values) => (
          <Combination values={values} />
        ))}
      />
    </Card>
  )
}

export function Impossible({ data }: { readonly data: PlanPage }) {
  const { infeasible, infeasibleCount } = data.plan
  if (infeasibleCount === 0) return null
  const groups = [...Map.groupBy(infeasible, ({ reason }) => reason)].toSorted(
    ([, a], [, b]) => b.length - a.length,
  )
  const rest = infeasibleCount - infeasible.length
  return (
    <Card
      id="impossible"
      title="Impossible"
      note={`${count(infeasibleCount, 'combination')} that no machine can have`}
    >
      {groups.map(([reason, entries]) => (
        <details class="reason" key={reason}>
          <summary>
            <strong>{entries.length}</strong>
            <span>{reason === '' ? 'by the constraints together' : reason}</span>
          </summary>
          <Folded
            items={entries.map(({ values }) => (
              <Combination values={values} />
            ))}
          />
        </details>
      ))}
      {rest > 0 ? <p class="muted">{`${rest} more are not listed.`}</p> : null}
    </Card>
  )
}

/** The first few, the others behind a click. */
function Folded({ items }: { readonly items: readonly ComponentChildren[] }) {
  const list = (part: readonly ComponentChildren[]) => (
    <ul class="tuples">
      {part.map((item, at) => (
        <li key={at}>{item}</li>
      ))}
    </ul>
  )
  const rest = items.slice(SHOWN)
  return (
    <>
      {list(items.slice(0, SHOWN))}
      {rest.length === 0 ? null : (
        <details class="others">
          <summary class="muted">{`${rest.length} more`}</summary>
          {list(rest)}
        </details>
      )}
    </>
  )
}
