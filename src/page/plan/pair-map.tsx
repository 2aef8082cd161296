import { useMemo } from 'preact/hooks'
import type { AxisPair, PlanPage } from '../../model/plan-page.ts'
import { useAxes, type PageAxis } from '../parts/axes.ts'
import { Card } from '../parts/card.tsx'
import { moveInGrid } from '../parts/move-in-grid.ts'
import { pairSize } from './pairs.ts'

/** From so many axes on the tiles are smaller. */
const DENSE_AXES = 14

interface Choice {
  readonly data: PlanPage
  readonly chosen: AxisPair | undefined
  readonly choose: (pair: AxisPair) => void
}

/** Each two axes as a tile: how much of what they can be together occurs in the plan. */
export function PairMap({ data, chosen, choose }: Choice) {
  const axes = useAxes().list
  const byAxes = useMemo(() => new Map(data.pairs.map((pair) => [keyOf(pair.axes), pair])), [data])
  const open = data.pairs.filter((pair) => pair.covered < pair.feasible).length
  const note =
    open === 0
      ? `all ${data.pairs.length} covered completely`
      : `${open} of ${data.pairs.length} not covered completely`
  const columns = axes.slice(0, -1)
  const tileOf = (column: PageAxis, row: PageAxis) => {
    const pair = byAxes.get(keyOf([column.id, row.id]))
    return pair === undefined ? null : <PairTile {...{ data, chosen, choose, pair }} />
  }
  return (
    <Card id="map" title="Pairs of axes" note={note}>
      {data.pairs.length === 0 ? (
        <p class="empty">One axis alone has no pairs.</p>
      ) : (
        <>
          <div class={`scroll map${axes.length > DENSE_AXES ? ' dense' : ''}`} onKeyDown={moveInGrid}>
            <table>
              <thead>
                <tr>
                  <td />
                  {columns.map((axis) => (
                    <th scope="col" key={axis.id}>
                      <span>{axis.title ?? axis.id}</span>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {axes.slice(1).map((axis, at) => (
                  <tr key={axis.id}>
                    <th scope="row">{axis.title ?? axis.id}</th>
                    {columns.map((column, place) => (
                      <td key={column.id}>{place <= at ? tileOf(column, axis) : null}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <Legend />
        </>
      )}
    </Card>
  )
}

function keyOf(axes: readonly string[]): string {
  return axes.toSorted().join('\n')
}

function PairTile({ data, chosen, choose, pair }: Choice & { readonly pair: AxisPair }) {
  const axes = useAxes()
  const size = pairSize(data, pair)
  const open = pair.feasible - pair.covered
  const impossible = size - pair.feasible
  const share = pair.feasible === 0 ? 1 : pair.covered / pair.feasible
  const words =
    `${pair.axes.map((axis) => axes.title(axis)).join(' × ')}: ${pair.covered} of ${pair.feasible} possible pairs covered` +
    (impossible > 0 ? `, ${impossible} impossible` : '')
  return (
    <button
      type="button"
      class={`tile ${open > 0 ? 'open' : 'full'}`}
      tabIndex={chosen === pair ? 0 : -1}
      aria-pressed={chosen === pair}
      aria-label={words}
      title={words}
      onClick={() => {
        choose(pair)
        if (matchMedia('(max-width: 900px)').matches)
          document.getElementById('cell')?.scrollIntoView({ block: 'start' })
      }}
    >
      <i class="never" style={{ height: `${(100 * impossible) / size}%` }} />
      <i class="missing" style={{ height: `${(100 * open) / size}%` }} />
      <b aria-hidden="true">{open > 0 ? Math.floor(100 * share) : '✓'}</b>
    </button>
  )
}

function Legend() {
  const entries = [
    ['full', 'covered completely', '✓'],
    ['open', 'share covered in %', '87'],
    ['never', 'share that the constraints make impossible', ''],
  ]
  return (
    <p class="legend">
      {entries.map(([name, text, sign]) => (
        <span key={name}>
          <span class={`swatch ${name}`} aria-hidden="true">
            {sign}
          </span>{' '}
          {text}
        </span>
      ))}
    </p>
  )
}
