import { useMemo, useState } from 'preact/hooks'
import type { Configuration } from '../../model/matrix.ts'
import type { PlanPage, PlanPageCell } from '../../model/plan-page.ts'
import { useAxes, type Axes } from '../parts/axes.ts'
import { holds } from '../parts/combination.tsx'
import { count } from '../parts/format.ts'

/** Every cell with its values and what it is for. */
export function Cells({
  data,
  marked,
}: {
  readonly data: PlanPage
  readonly marked: Configuration | undefined
}) {
  const axes = useAxes()
  const [text, setText] = useState('')
  const words = useMemo(() => new Map(data.cells.map((cell) => [cell, wordsOf(cell, axes)])), [data, axes])
  const shown = text === '' ? data.cells : data.cells.filter((cell) => words.get(cell)?.includes(text))
  const byStage = Map.groupBy(shown, ({ stage }) => stage)
  return (
    <section class="card" id="cells" aria-labelledby="cells-title">
      <div class="title">
        <h2 id="cells-title">Cells</h2>
        <span class="muted" role="status">
          {text === ''
            ? count(data.cells.length, 'cell')
            : `${shown.length} of ${data.cells.length} cells shown`}
        </span>
      </div>
      <div class="controls">
        <label class="field grow">
          <span>filter</span>
          <input
            type="search"
            placeholder="id, value, purpose …"
            aria-label="Filter cells"
            onInput={(event) => setText(event.currentTarget.value.trim().toLowerCase())}
          />
        </label>
      </div>
      <div class="scroll cells" tabIndex={0} role="region" aria-label="Cells of the plan">
        <table>
          <thead>
            <tr>
              {['cell', ...axes.list.map((axis) => axis.title ?? axis.id), 'for'].map((word, at) => (
                <th scope="col" key={at}>
                  {word}
                </th>
              ))}
            </tr>
          </thead>
          {data.plan.stages.map(({ id, title }) => (
            <StageRows key={id} title={title} cells={byStage.get(id) ?? []} marked={marked} />
          ))}
        </table>
      </div>
    </section>
  )
}

function StageRows({
  title,
  cells,
  marked,
}: {
  readonly title: string
  readonly cells: readonly PlanPageCell[]
  readonly marked: Configuration | undefined
}) {
  const axes = useAxes()
  if (cells.length === 0) return null
  return (
    <tbody>
      <tr class="stage">
        <th scope="rowgroup" colSpan={axes.list.length + 2}>
          {`${title} · ${count(cells.length, 'cell')}`}
        </th>
      </tr>
      {cells.map((cell) => (
        <tr
          key={cell.id}
          class={marked !== undefined && holds(cell.configuration, marked) ? 'marked' : undefined}
        >
          <th scope="row">
            <code>{cell.id.slice(0, 7)}</code>
          </th>
          {axes.list.map(({ id }) => (
            <td key={id}>{axes.value(id, cell.configuration[id])}</td>
          ))}
          <td class="purpose">{cell.purpose}</td>
        </tr>
      ))}
    </tbody>
  )
}

function wordsOf({ id, purpose, configuration }: PlanPageCell, axes: Axes): string {
  const values = Object.entries(configuration).flatMap(([axis, value]) => [value, axes.value(axis, value)])
  return [id, purpose, ...values].join(' ').toLowerCase()
}
