import { useState } from 'preact/hooks'
import type { Configuration } from '../../model/matrix.ts'
import type { PageCell } from '../../model/report-page.ts'
import { useAxes, type Axes } from '../parts/axes.ts'
import { holds } from '../parts/combination.tsx'
import { moveInGrid } from '../parts/move-in-grid.ts'
import { OUTCOMES, SIGNS, WORDS } from '../parts/outcomes.ts'
import { cellHref } from './route.ts'
import type { RunData } from './run-data.ts'

/** In the place of an axis: all cells in one row or column. */
export const NO_AXIS = ''
/** Above this many cells a group counts those that passed, and its cells are shown when they are asked for. */
const DENSE_LIMIT = 300
const GROUP_LIMIT = 48
const DENSE_GROUP_LIMIT = 12
/** Tiles of an opened group: more of them do not help a reader, a filter does. */
const OPEN_GROUP_LIMIT = 500
/** Up to this many cells a tile has room for the values that rows and columns do not say. */
const LABEL_LIMIT = 64

interface GridProps {
  readonly run: RunData
  readonly row: string
  readonly column: string
  readonly cells: readonly PageCell[]
  readonly marked: Configuration | undefined
  /** Values of the leading suspect: their rows and columns are marked. */
  readonly leading: Configuration | undefined
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
  const first = cells.find(({ outcome }) => outcome === 'fail') ?? cells[0]
  return (
    <div class="scroll grid" tabIndex={0} role="region" aria-label="Cells by two axes" onKeyDown={moveInGrid}>
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
                  first={first?.id}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function valueOf({ configuration }: PageCell, axis: string): string {
  return axis === NO_AXIS ? '' : (configuration[axis] ?? '')
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
  const byOutcome = Map.groupBy(group, ({ outcome }) => outcome)
  const sorted = OUTCOMES.flatMap((outcome) => byOutcome.get(outcome) ?? [])
  const dense = props.run.cells.length > DENSE_LIMIT
  const passed = byOutcome.get('pass')?.length ?? 0
  const worth = dense ? sorted.length - passed : sorted.length
  const limit = wide ? OPEN_GROUP_LIMIT : Math.min(worth, dense ? DENSE_GROUP_LIMIT : GROUP_LIMIT)
  const shown = sorted.slice(0, limit)
  const rest = sorted.length - shown.length
  const allPassed = rest <= passed
  const failing = byOutcome.get('fail')?.length ?? 0
  return (
    <td class={failing === group.length ? 'allfail' : failing > 0 ? 'somefail' : undefined}>
      <div class="group">
        {shown.map((cell) => (
          <Tile key={cell.id} cell={cell} {...props} inTabOrder={cell.id === first} />
        ))}
        {rest === 0 ? null : wide ? (
          <span class="muted">and {rest} more: filter to see them</span>
        ) : (
          <button
            type="button"
            class={`more${allPassed ? ' o-pass' : ''}`}
            aria-label={`show ${rest} more${allPassed ? ', all passed' : ''}`}
            onClick={() => widen(true)}
          >
            {allPassed ? `${SIGNS.pass} ${rest}` : `+${rest}`}
          </button>
        )}
      </div>
      {failing > 0 && group.length > 1 ? (
        <div class="count">{`${failing} of ${group.length} fail`}</div>
      ) : null}
    </td>
  )
}

function Tile({
  run,
  cell,
  row,
  column,
  marked,
  inTabOrder,
}: GridProps & { readonly cell: PageCell; readonly inTabOrder: boolean }) {
  const axes = useAxes()
  const values = run.valuesOf(cell)
  const others = axes.list.filter(({ id, values: known }) => id !== row && id !== column && known.length > 1)
  const classes = [
    'tile',
    `o-${cell.outcome}`,
    cell.waived ? 'waived' : '',
    marked !== undefined && holds(cell.configuration, marked) ? 'marked' : '',
  ]
  return (
    <a
      class={classes.filter((name) => name !== '').join(' ')}
      href={cellHref(cell.id)}
      tabIndex={inTabOrder ? 0 : -1}
      title={`${values}\n${WORDS[cell.outcome]}: ${cell.because}`}
      aria-label={`${values}: ${WORDS[cell.outcome]}`}
    >
      <b aria-hidden="true">{SIGNS[cell.outcome]}</b>
      {run.cells.length > LABEL_LIMIT || others.length === 0 ? null : (
        <span>{others.map(({ id }) => axes.value(id, cell.configuration[id])).join(' · ')}</span>
      )}
    </a>
  )
}
