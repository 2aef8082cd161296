import { useState } from 'preact/hooks'
import type { Configuration } from '../../model/matrix.ts'
import type { PageCell } from '../../model/report-page.ts'
import { useAxes, type Axes } from '../parts/axes.ts'
import { holds } from '../parts/combination.tsx'
import { moveInGrid } from '../parts/move-in-grid.ts'
import { OUTCOMES, SIGNS, WORDS } from '../parts/outcomes.ts'

/** In the place of an axis: all cells in one row or column. */
export const NO_AXIS = ''
/** Above this many cells a group shows what did not pass and counts the rest. */
const DENSE_LIMIT = 300
const GROUP_LIMIT = 48
const DENSE_GROUP_LIMIT = 12
/** Up to this many cells a tile has room for the values that rows and columns do not say. */
const LABEL_LIMIT = 64

interface GridProps {
  readonly row: string
  readonly column: string
  readonly cells: readonly PageCell[]
  /** Cells of the run, shown or not. */
  readonly all: number
  readonly chosen: string | undefined
  readonly marked: Configuration | undefined
  /** Values of the leading suspect: their rows and columns are marked. */
  readonly leading: Configuration | undefined
  readonly open: (id: string) => void
}

/** The table of groups of tiles. */
export function CellGrid(props: GridProps) {
  const axes = useAxes()
  const { row, column, cells } = props
  if (cells.length === 0) return <p class="empty">No cell matches.</p>
  const groups = Map.groupBy(cells, (cell) => `${valueOf(cell, row)}\n${valueOf(cell, column)}`)
  const columns = valuesOf(axes, column, cells)
  const suspectClass = (axis: string, value: string): string | undefined =>
    axis !== NO_AXIS && props.leading?.[axis] === value ? 'suspect' : undefined
  const first = cells.find(({ planned }) => planned.id === props.chosen) ?? cells[0]
  return (
    <div class="scroll grid" onKeyDown={moveInGrid}>
      <table>
        <thead>
          <tr>
            <td class="corner" />
            {columns.map((value) => (
              <th scope="col" key={value} class={suspectClass(column, value)}>
                {title(axes, column, value)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {valuesOf(axes, row, cells).map((value) => (
            <tr key={value}>
              <th scope="row" class={suspectClass(row, value)}>
                {title(axes, row, value)}
              </th>
              {columns.map((other) => (
                <Group
                  key={`${row}\n${value}\n${column}\n${other}`}
                  {...props}
                  group={groups.get(`${value}\n${other}`) ?? []}
                  first={first?.planned.id}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function valueOf({ planned }: PageCell, axis: string): string {
  return axis === NO_AXIS ? '' : (planned.configuration[axis] ?? '')
}

function valuesOf(axes: Axes, axis: string, cells: readonly PageCell[]): readonly string[] {
  const seen = new Set(cells.map((cell) => valueOf(cell, axis)))
  const order = axes.list.find(({ id }) => id === axis)?.values.map(({ id }) => id) ?? []
  return [...order.filter((value) => seen.delete(value)), ...seen]
}

function title(axes: Axes, axis: string, value: string): string {
  if (axis === NO_AXIS) return 'all'
  return value === '' ? '–' : axes.value(axis, value)
}

function Group({
  group,
  first,
  ...props
}: GridProps & { readonly group: readonly PageCell[]; readonly first: string | undefined }) {
  const [wide, widen] = useState(false)
  if (group.length === 0)
    return (
      <td class="void">
        <span class="muted">–</span>
      </td>
    )
  const sorted = group.toSorted(
    (a, b) => OUTCOMES.indexOf(a.verdict.outcome) - OUTCOMES.indexOf(b.verdict.outcome),
  )
  const dense = props.all > DENSE_LIMIT
  const worth = dense
    ? sorted.filter(({ planned, verdict }) => verdict.outcome !== 'pass' || planned.id === props.chosen)
    : sorted
  const shown = wide ? sorted : worth.slice(0, dense ? DENSE_GROUP_LIMIT : GROUP_LIMIT)
  const failing = group.filter(({ verdict }) => verdict.outcome === 'fail').length
  const rest = sorted.length - shown.length
  const passed = worth.length === shown.length
  return (
    <td class={failing === group.length ? 'allfail' : failing > 0 ? 'somefail' : undefined}>
      <div class="group">
        {shown.map((cell) => (
          <Tile key={cell.planned.id} cell={cell} {...props} inTabOrder={cell.planned.id === first} />
        ))}
        {rest > 0 ? (
          <button
            type="button"
            class={`more${passed ? ' o-pass' : ''}`}
            aria-label={`show ${rest} more${passed ? ', all passed' : ''}`}
            onClick={() => widen(true)}
          >
            {passed ? `${SIGNS.pass} ${rest}` : `+${rest}`}
          </button>
        ) : null}
      </div>
      {failing > 0 && group.length > 1 ? (
        <div class="count">{`${failing} of ${group.length} fail`}</div>
      ) : null}
    </td>
  )
}

function Tile({
  cell: { planned, verdict },
  row,
  column,
  all,
  chosen,
  marked,
  open,
  inTabOrder,
}: GridProps & { readonly cell: PageCell; readonly inTabOrder: boolean }) {
  const axes = useAxes()
  const values = Object.entries(planned.configuration)
    .map(([axis, value]) => axes.value(axis, value))
    .join(', ')
  const others = axes.list.filter(({ id, values: known }) => id !== row && id !== column && known.length > 1)
  const classes = [
    'tile',
    `o-${verdict.outcome}`,
    verdict.waiver === undefined ? '' : 'waived',
    marked !== undefined && holds(planned.configuration, marked) ? 'marked' : '',
  ]
  return (
    <button
      type="button"
      class={classes.filter((name) => name !== '').join(' ')}
      tabIndex={inTabOrder ? 0 : -1}
      aria-pressed={planned.id === chosen}
      title={`${values}\n${WORDS[verdict.outcome]}: ${verdict.because}`}
      aria-label={`${values}: ${WORDS[verdict.outcome]}`}
      onClick={() => open(planned.id)}
    >
      <b aria-hidden="true">{SIGNS[verdict.outcome]}</b>
      {all > LABEL_LIMIT || others.length === 0 ? null : (
        <span>{others.map(({ id }) => axes.value(id, planned.configuration[id])).join(' · ')}</span>
      )}
    </button>
  )
}
