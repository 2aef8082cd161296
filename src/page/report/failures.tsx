import { useState } from 'preact/hooks'
import type { ReportProblem } from '../../model/report-problems.ts'
import { Card } from '../parts/card.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { count } from '../parts/format.ts'
import { SIGNS } from '../parts/outcomes.ts'
import { cellHref } from './route.ts'
import type { RunData } from './run-data.ts'

const SHOWN = 20
const CELLS_SHOWN = 6

/** Each failure once, however many cells have it. */
export function Failures({ run }: { readonly run: RunData }) {
  const { problems, report } = run.page
  const [all, showAll] = useState(false)
  const gone = report.earlier?.gone ?? []
  if (problems.length === 0 && gone.length === 0) return null
  const shown = all ? problems : problems.slice(0, SHOWN)
  const note =
    report.earlier === undefined ? '' : `against run ${report.earlier.run} (${report.earlier.release})`
  return (
    <Card id="failures" title="Failures, each once" note={note}>
      <ol class="problems">
        {shown.map((problem) => (
          <Problem key={problem.signature} run={run} problem={problem} />
        ))}
      </ol>
      {problems.length > shown.length ? (
        <button type="button" class="more" onClick={() => showAll(true)}>
          {problems.length - shown.length} more
        </button>
      ) : null}
      {gone.length === 0 ? null : (
        <details class="others">
          <summary>{count(gone.length, 'failure')} of the earlier run gone</summary>
          <ul class="gaps">
            {gone.map((signature) => (
              <li key={signature}>
                <code>{signature}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Card>
  )
}

function Problem({ run, problem }: { readonly run: RunData; readonly problem: ReportProblem }) {
  const cells = problem.cells.flatMap((place) => run.cells[place] ?? [])
  return (
    <li class={`problem s-${problem.severity}`}>
      <p>
        <b>{problem.class}</b>
        {problem.severity === 'warn' ? ' (warning)' : ''} on {count(cells.length, 'cell')}
        {problem.since === undefined ? null : <span class={`since ${problem.since}`}>{problem.since}</span>}
      </p>
      <p>{problem.summary}</p>
      <p class="signature">
        <code>{problem.signature}</code> <CopyButton what="signature" text={problem.signature} />
      </p>
      <ul class="cell-links">
        {cells.slice(0, CELLS_SHOWN).map((cell) => (
          <li key={cell.id}>
            <a href={cellHref(cell.id)}>
              <b aria-hidden="true" class={`ink-${cell.outcome}`}>
                {SIGNS[cell.outcome]}
              </b>{' '}
              {run.valuesOf(cell)}
            </a>
          </li>
        ))}
        {cells.length > CELLS_SHOWN ? <li class="muted">and {cells.length - CELLS_SHOWN} more</li> : null}
      </ul>
    </li>
  )
}
