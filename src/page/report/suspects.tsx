import type { Configuration } from '../../model/matrix.ts'
import type { Suspect } from '../../model/report.ts'
import { Card } from '../parts/card.tsx'
import { Combination } from '../parts/combination.tsx'
import type { RunData } from './run-data.ts'

/** Of those that few people read. */
const OTHERS_SHOWN = 20

interface Marker {
  readonly mark: (values: Configuration | undefined) => void
}

/** The combinations that explain the failures, the leading ones open. */
export function Suspects({ run: { page }, mark }: Marker & { readonly run: RunData }) {
  if (page.suspects.length === 0 && (page.report.counts.fail === 0 || page.audience !== undefined))
    return null
  const shown = page.suspects.slice(0, page.leadingSuspects)
  const others = page.suspects.slice(page.leadingSuspects, page.leadingSuspects + OTHERS_SHOWN)
  return (
    <Card id="suspects" title="Suspects">
      {shown.length === 0 ? (
        <p class="empty">
          {page.report.counts.pass + page.report.counts.warn === 0
            ? 'No combination: nothing passed, so that no value is told apart.'
            : 'No combination explains the failures.'}
        </p>
      ) : (
        <List first suspects={shown} mark={mark} />
      )}
      {others.length === 0 ? null : (
        <details class="others">
          <summary class="muted">{`${others.length} less likely`}</summary>
          <List suspects={others} mark={mark} />
        </details>
      )}
    </Card>
  )
}

function List({
  suspects,
  mark,
  first = false,
}: Marker & { readonly suspects: readonly Suspect[]; readonly first?: boolean }) {
  const hide = (): void => mark(undefined)
  return (
    <ol class={first ? 'suspects first' : 'suspects'}>
      {suspects.map(({ values, support, failure, because, equivalent, rank }) => (
        <li
          key={rank}
          tabIndex={0}
          onMouseEnter={() => mark(values)}
          onMouseLeave={hide}
          onFocus={() => mark(values)}
          onBlur={hide}
        >
          <Combination values={values} />
          <span class={`support p-${support}`}>{support}</span>
          <p class="of">{failure}</p>
          <p>{because}</p>
          {equivalent.length === 0 ? null : (
            <p class="muted">
              The constraints make it indistinguishable from{' '}
              {equivalent.slice(0, 5).map((other, at) => (
                <Combination key={at} values={other} />
              ))}
            </p>
          )}
        </li>
      ))}
    </ol>
  )
}
