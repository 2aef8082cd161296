import type { PageCell } from '../../model/report-page.ts'
import { Card } from '../parts/card.tsx'
import { count } from '../parts/format.ts'
import { SIGNS } from '../parts/outcomes.ts'
import { cellHref } from './route.ts'
import type { RunData } from './run-data.ts'

const SHOWN = 8
const CELLS_SHOWN = 6

/** Cells that did not pass and show no failure of the candidate: each reason once. */
export function OpenCells({ run }: { readonly run: RunData }) {
  const open = run.cells.filter((cell) => cell.outcome !== 'pass' && run.problemsOf(cell).length === 0)
  if (open.length === 0) return null
  const groups = [...Map.groupBy(open, ({ outcome, because }) => `${outcome}\n${because}`).values()].toSorted(
    (a, b) => b.length - a.length,
  )
  return (
    <Card id="open" title="Other cells that did not pass">
      <ol class="problems">
        {groups.slice(0, SHOWN).map((cells) => (
          <Reason key={cells[0]?.id} run={run} cells={cells} />
        ))}
      </ol>
      {groups.length > SHOWN ? (
        <p class="muted">{`and ${count(groups.length - SHOWN, 'reason')} more`}</p>
      ) : null}
    </Card>
  )
}

function Reason({ run, cells }: { readonly run: RunData; readonly cells: readonly PageCell[] }) {
  const first = cells[0]
  if (first === undefined) return null
  return (
    <li class={`problem s-${first.outcome}`}>
      <p>
        <b>{first.outcome}</b> on {count(cells.length, 'cell')}
      </p>
      <p>{first.because}</p>
      <ul class="cell-links">
        {cells.slice(0, CELLS_SHOWN).map((cell) => (
          <li key={cell.id}>
            <a href={cellHref(cell.id)}>
              <b aria-hidden="true">{SIGNS[cell.outcome]}</b> {run.valuesOf(cell)}
            </a>
          </li>
        ))}
        {cells.length > CELLS_SHOWN ? <li class="muted">and {cells.length - CELLS_SHOWN} more</li> : null}
      </ul>
    </li>
  )
}
