import { useState } from 'preact/hooks'
import type { HistoryPage } from '../../model/history-page.ts'
import { Card } from '../parts/card.tsx'
import { percent } from '../parts/format.ts'
import { Interval } from '../parts/interval.tsx'
import { Table } from '../parts/table.tsx'

const SHOWN = 20

/** Configurations that failed in some attempts of one candidate and not in others, the highest rate first. */
export function Flaky({ page: { history } }: { readonly page: HistoryPage }) {
  const [all, showAll] = useState(false)
  const { flaky } = history
  if (flaky.length === 0) return null
  const shown = all ? flaky : flaky.slice(0, SHOWN)
  return (
    <Card
      id="flaky"
      title="Intermittent"
      note="failed in some attempts of one candidate and not in others; the bar is the exact 95 % interval of the rate"
    >
      <Table
        head={['configuration', 'release', 'failed', 'true rate', 'failures']}
        rows={shown.map(({ configuration, releases, failing, valid, low, high, signatures }) => [
          Object.values(configuration).join(' · '),
          releases.length === 1 ? releases[0] : `${releases.at(-1)} and ${releases.length - 1} before`,
          `${failing} of ${valid}`,
          <>
            <Interval low={low} high={high} /> {`${percent(low)} … ${percent(high)}`}
          </>,
          signatures.map((signature) => (
            <code key={signature} class="line">
              {signature}
            </code>
          )),
        ])}
      />
      {flaky.length > shown.length ? (
        <button type="button" class="more" onClick={() => showAll(true)}>
          {flaky.length - shown.length} more
        </button>
      ) : null}
    </Card>
  )
}
