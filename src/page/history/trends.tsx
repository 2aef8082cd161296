import type { HistoryRun } from '../../model/history.ts'
import type { HistoryPage } from '../../model/history-page.ts'
import { Card } from '../parts/card.tsx'
import { duration, percent } from '../parts/format.ts'
import { runName } from './run-name.ts'

interface Series {
  readonly title: string
  readonly hint: string
  readonly value: (run: HistoryRun) => number | undefined
  readonly words: (value: number) => string
  /** The end of the scale; the largest value where it is not given. */
  readonly most?: number
  readonly bad?: boolean
}

const SERIES: readonly Series[] = [
  {
    title: 'Cells that fail',
    hint: 'share of the cells of a run',
    value: ({ counts }) =>
      counts.fail /
      Math.max(
        1,
        Object.values(counts).reduce((sum, one) => sum + one, 0),
      ),
    words: percent,
    bad: true,
  },
  {
    title: 'Time to red',
    hint: 'from the start of a run to its first failure; runs without one have no bar',
    value: ({ timeToRedMs }) => timeToRedMs,
    words: duration,
    bad: true,
  },
  {
    title: 'Coverage',
    hint: 'combinations of the plan’s strength that were judged, of those that can be',
    value: ({ coverage }) => (coverage.feasible === 0 ? undefined : coverage.covered / coverage.feasible),
    words: percent,
    most: 1,
  },
  {
    title: 'Fleet',
    hint: 'share of the customers’ machines whose combinations all worked',
    value: ({ fleetShare }) => fleetShare,
    words: percent,
    most: 1,
  },
  {
    title: 'Controls in trouble',
    hint: 'attempts without the candidate that failed or say nothing: the lab, not the candidate',
    value: ({ control }) =>
      control.attempts === 0 ? undefined : (control.failing + control.invalid) / control.attempts,
    words: percent,
    bad: true,
  },
]

/** How the runs went over time, each measure as bars on one axis of runs. */
export function Trends({ page: { history } }: { readonly page: HistoryPage }) {
  const { runs } = history
  return (
    <Card id="trends" title="Over time" note="from the oldest run to the latest">
      <div class="trends">
        {SERIES.map((series) => (
          <Trend key={series.title} series={series} runs={runs} />
        ))}
      </div>
    </Card>
  )
}

function Trend({ series, runs }: { readonly series: Series; readonly runs: readonly HistoryRun[] }) {
  const values = runs.map(series.value)
  const known = values.filter((value) => value !== undefined)
  const most = series.most ?? Math.max(...known, 0)
  const last = known.at(-1)
  return (
    <figure>
      <figcaption>
        <b>{series.title}</b>{' '}
        <span class="muted">{last === undefined ? 'never measured' : `${series.words(last)} last`}</span>
      </figcaption>
      <svg
        class={`life trend${series.bad === true ? ' bad-bars' : ''}`}
        viewBox={`0 0 ${Math.max(runs.length, 1)} 100`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${series.title}: ${values.map((value) => (value === undefined ? 'none' : series.words(value))).join(', ')}`}
      >
        {values.map((value, run) =>
          value === undefined || most === 0 ? null : (
            <rect
              key={run}
              class="hit"
              x={run + 0.08}
              y={100 - 100 * (value / most)}
              width="0.84"
              height={100 * (value / most)}
            >
              <title>{`${runName(runs[run])}: ${series.words(value)}`}</title>
            </rect>
          ),
        )}
      </svg>
      <p class="muted">{series.hint}</p>
    </figure>
  )
}
