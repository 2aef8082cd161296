import { useMemo, useState } from 'preact/hooks'
import type { HistoryRun, HistorySignature } from '../../model/history.ts'
import type { HistoryPage } from '../../model/history-page.ts'
import { Card } from '../parts/card.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { count, percent } from '../parts/format.ts'
import { runName } from './run-name.ts'

const SHOWN = 30
const STATES = ['new', 'known', 'gone'] as const

/** Each failure as a line over all runs, from where it was first seen to where it was last seen. */
export function Signatures({ page: { history } }: { readonly page: HistoryPage }) {
  const { runs, signatures } = history
  const [text, setText] = useState('')
  const [all, showAll] = useState(false)
  const matching = useMemo(
    () =>
      text === ''
        ? signatures
        : signatures.filter((entry) =>
            [
              entry.signature,
              entry.summary,
              entry.state,
              ...entry.values.map(({ axis, value }) => `${axis}=${value}`),
            ]
              .join(' ')
              .toLowerCase()
              .includes(text),
          ),
    [signatures, text],
  )
  const shown = all ? matching : matching.slice(0, SHOWN)
  const counts = STATES.map(
    (state) => `${signatures.filter((entry) => entry.state === state).length} ${state}`,
  )
  return (
    <Card id="signatures" title="Failures over all runs" note={counts.join(', ')}>
      {signatures.length === 0 ? (
        <p class="empty">No run has a failure.</p>
      ) : (
        <label class="field grow">
          <span>filter</span>
          <input
            type="search"
            placeholder="module, value, state …"
            onInput={(event) => setText(event.currentTarget.value.trim().toLowerCase())}
          />
        </label>
      )}
      <ol class="problems">
        {shown.map((entry) => (
          <Signature key={entry.signature} entry={entry} runs={runs} />
        ))}
      </ol>
      {matching.length > shown.length ? (
        <button type="button" class="more" onClick={() => showAll(true)}>
          {matching.length - shown.length} more
        </button>
      ) : null}
    </Card>
  )
}

function Signature({
  entry,
  runs,
}: {
  readonly entry: HistorySignature
  readonly runs: readonly HistoryRun[]
}) {
  const most = Math.max(...entry.seen.map(({ cells }) => cells))
  return (
    <li class={`problem s-${entry.severity} is-${entry.state}`}>
      <p>
        <b>{entry.class}</b>
        <span class={`since ${entry.state}`}>{entry.state}</span>{' '}
        <span class="muted">
          {`in ${count(entry.seen.length, 'run')} of ${runs.length}, first ${runName(runs[entry.firstSeen])}, last ${runName(runs[entry.lastSeen])}`}
        </span>
      </p>
      <p>{entry.summary}</p>
      <svg
        class="life"
        viewBox={`0 0 ${Math.max(runs.length, 1)} 10`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`seen in runs ${entry.seen.map(({ run }) => run + 1).join(', ')} of ${runs.length}`}
      >
        <rect
          class="span"
          x={entry.firstSeen}
          y="4"
          width={entry.lastSeen - entry.firstSeen + 1}
          height="2"
        />
        {entry.seen.map(({ run, cells }) => (
          <rect
            key={run}
            class="hit"
            x={run + 0.08}
            y={9 - 8 * (0.3 + 0.7 * (cells / most))}
            width="0.84"
            height={8 * (0.3 + 0.7 * (cells / most))}
          >
            <title>{`${runName(runs[run])}: ${count(cells, 'cell')}`}</title>
          </rect>
        ))}
      </svg>
      <p class="signature">
        <code>{entry.signature}</code> <CopyButton what="signature" text={entry.signature} />
      </p>
      <details>
        <summary class="muted">by configuration value</summary>
        <ul class="shares">
          {entry.values.map(({ axis, value, failing, cells }) => (
            <li key={`${axis}\n${value}`}>
              <span>
                {axis}={value}
              </span>
              <span class="track" aria-hidden="true">
                <i style={{ width: `${(100 * failing) / Math.max(1, cells)}%` }} />
              </span>
              <span class="muted">{`${failing} of ${cells} cells (${percent(failing / Math.max(1, cells))})`}</span>
            </li>
          ))}
        </ul>
      </details>
    </li>
  )
}
