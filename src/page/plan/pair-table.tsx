import { useMemo, useState } from 'preact/hooks'
import type { Configuration } from '../../model/matrix.ts'
import type { AxisPair, PlanPage } from '../../model/plan-page.ts'
import { useAxes, type PageAxis } from '../parts/axes.ts'
import { holds } from '../parts/combination.tsx'
import { count } from '../parts/format.ts'
import { moveInGrid } from '../parts/move-in-grid.ts'

interface PairState {
  readonly kind: 'held' | 'never' | 'missing'
  readonly sign: string
  readonly words: string
}

/** Two axes in full: for each two values how many cells hold them, or why none can. */
export function PairTable({
  data,
  pair,
  mark,
}: {
  readonly data: PlanPage
  readonly pair: AxisPair
  /** Marks the cells that hold these values in the list. */
  readonly mark: (values: Configuration | undefined) => void
}) {
  const axes = useAxes()
  const [chosen, choose] = useState<Configuration | undefined>()
  const stateOf = useMemo(() => pairStates(data, pair), [data, pair])
  // The longer axis downwards: a page is higher than it is wide.
  const [across, down] = pair.axes
    .map((id) => axes.list.find((axis) => axis.id === id))
    .filter((axis) => axis !== undefined)
    .toSorted((one, other) => one.values.length - other.values.length)
  if (across === undefined || down === undefined) return null
  const chosenState = chosen === undefined ? undefined : stateOf(chosen)
  return (
    <aside id="cell" class="card" aria-label="Selected pair of axes">
      <div class="title">
        <h2>{`${axes.title(down.id)} × ${axes.title(across.id)}`}</h2>
        <span class="muted">{`${pair.covered} of ${pair.feasible} covered`}</span>
      </div>
      <p class="muted">How many cells hold the two values. Choose one to see them.</p>
      <ValueGrid
        {...{ across, down, stateOf, chosen }}
        choose={(values) => {
          choose(values)
          mark(stateOf(values).kind === 'held' ? values : undefined)
        }}
      />
      <div class="detail" role="status">
        {chosen === undefined || chosenState === undefined ? null : (
          <>
            <p>
              <strong>
                {Object.entries(chosen)
                  .map(([axis, value]) => axes.value(axis, value))
                  .join(' × ')}
              </strong>{' '}
              {chosenState.words}
            </p>
            {chosenState.kind === 'held' ? (
              <a href="#cells" class="link">
                show them in the list
              </a>
            ) : null}
          </>
        )}
      </div>
    </aside>
  )
}

function ValueGrid({
  across,
  down,
  stateOf,
  chosen,
  choose,
}: {
  readonly across: PageAxis
  readonly down: PageAxis
  readonly stateOf: (values: Configuration) => PairState
  readonly chosen: Configuration | undefined
  readonly choose: (values: Configuration) => void
}) {
  const first = chosen ?? { [down.id]: down.values[0]?.id ?? '', [across.id]: across.values[0]?.id ?? '' }
  return (
    <div class="scroll map values" onKeyDown={moveInGrid}>
      <table>
        <thead>
          <tr>
            <td />
            {across.values.map((value) => (
              <th scope="col" key={value.id}>
                <span>{value.title ?? value.id}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {down.values.map((row) => (
            <tr key={row.id}>
              <th scope="row">{row.title ?? row.id}</th>
              {across.values.map((column) => {
                const values = { [down.id]: row.id, [across.id]: column.id }
                const state = stateOf(values)
                const names = [row.title ?? row.id, column.title ?? column.id]
                return (
                  <td key={column.id}>
                    <button
                      type="button"
                      class={`tile v-${state.kind}`}
                      tabIndex={holds(values, first) ? 0 : -1}
                      aria-pressed={chosen !== undefined && holds(values, chosen)}
                      aria-label={`${names.join(', ')}: ${state.words}`}
                      title={`${names.join(' × ')}\n${state.words}`}
                      onClick={() => choose(values)}
                    >
                      {state.sign}
                    </button>
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** For two values of these axes: how many cells hold them, or whether and why none can. */
function pairStates(data: PlanPage, pair: AxisPair): (values: Configuration) => PairState {
  const everywhere = [...data.cells.map(({ configuration }) => configuration), ...(data.since ?? [])]
  const held = new Map<string, number>()
  for (const configuration of everywhere) {
    const key = keyOf(Object.fromEntries(pair.axes.map((axis) => [axis, configuration[axis] ?? ''])))
    held.set(key, (held.get(key) ?? 0) + 1)
  }
  const reasons = new Map(data.plan.infeasible.map(({ values, reason }) => [keyOf(values), reason]))
  const open = new Set(data.uncovered.map(keyOf))
  return (values) => {
    const times = held.get(keyOf(values)) ?? 0
    if (times > 0) return { kind: 'held', sign: String(times), words: `in ${count(times, 'cell')}` }
    const single = Object.entries(values).find(([axis, value]) => reasons.has(keyOf({ [axis]: value })))
    const key = single === undefined ? keyOf(values) : keyOf(Object.fromEntries([single]))
    if (reasons.has(key) || (pair.covered === pair.feasible && !open.has(keyOf(values)))) {
      const reason = reasons.get(key) || 'a consequence of the constraints'
      return { kind: 'never', sign: '⊘', words: `impossible: ${reason}` }
    }
    return { kind: 'missing', sign: '!', words: 'possible, and in no cell' }
  }
}

function keyOf(values: Configuration): string {
  return Object.entries(values)
    .map(([axis, value]) => `${axis}\n${value}`)
    .toSorted()
    .join('\n\n')
}
