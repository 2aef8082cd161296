import { useState } from 'preact/hooks'
import type { HistoryPage } from '../../model/history-page.ts'
import type { HistoryRun } from '../../model/history.ts'
import type { Outcome } from '../../model/verdict.ts'
import { Badge } from '../parts/badge.tsx'
import { Card } from '../parts/card.tsx'
import { duration, percent } from '../parts/format.ts'
import { OUTCOMES } from '../parts/outcomes.ts'
import { Table } from '../parts/table.tsx'
import { dayOf } from './run-name.ts'

/** Runs that stand open. */
const SHOWN = 40

const DECISIONS: Readonly<Record<string, Outcome>> = {
  release: 'pass',
  hold: 'fail',
  inconclusive: 'inconclusive',
}

/** Every run with what it decided, the latest first, and the way to its own page. */
export function Runs({ page: { history, links } }: { readonly page: HistoryPage }) {
  const [all, showAll] = useState(false)
  const rows = history.runs.map((run, place) => rowOf(run, links[place] ?? null)).reverse()
  const shown = all ? rows : rows.slice(0, SHOWN)
  return (
    <Card id="runs" title="Runs" note="the latest first">
      <Table
        head={['run', 'day', 'release', 'decision', 'cells', 'red after', 'coverage', 'controls']}
        rows={shown}
      />
      {rows.length > shown.length ? (
        <button type="button" class="more" onClick={() => showAll(true)}>
          {rows.length - shown.length} earlier runs
        </button>
      ) : null}
    </Card>
  )
}

function rowOf(run: HistoryRun, link: string | null) {
  const { counts, coverage, control } = run
  const name = `${run.run}${run.simulated ? ' (simulated)' : ''}`
  return [
    link === null ? name : <a href={link}>{name}</a>,
    dayOf(run),
    `${run.candidate} ${run.release}`,
    run.decision === undefined ? (
      '–'
    ) : (
      <Badge outcome={DECISIONS[run.decision] ?? 'not-run'} text={run.decision} />
    ),
    <Counts counts={counts} />,
    duration(run.timeToRedMs),
    coverage.feasible === 0
      ? '–'
      : `${percent(coverage.covered / coverage.feasible)} of ${coverage.strength}-way`,
    `${control.failing} failing, ${control.invalid} invalid of ${control.attempts}`,
  ]
}

/** Outcomes of a run as one bar with the numbers beside it. */
function Counts({ counts }: Pick<HistoryRun, 'counts'>) {
  const shown = OUTCOMES.filter((outcome) => counts[outcome] > 0)
  return (
    <span class="counts">
      <span class="bar" aria-hidden="true">
        {shown.map((outcome) => (
          <span key={outcome} class={`o-${outcome}`} style={{ flexGrow: String(counts[outcome]) }} />
        ))}
      </span>
      <span class="muted">{shown.map((outcome) => `${counts[outcome]} ${outcome}`).join(', ')}</span>
    </span>
  )
}
