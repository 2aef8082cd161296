import type { HistoryPage } from '../../model/history-page.ts'
import type { CellChange } from '../../model/report-diff.ts'
import { Badge } from '../parts/badge.tsx'
import { Card } from '../parts/card.tsx'
import { count } from '../parts/format.ts'
import { Table } from '../parts/table.tsx'

const SHOWN = 200

/** Two runs cell by cell: what broke first. */
export function Changes({ page: { changes } }: { readonly page: HistoryPage }) {
  if (changes === undefined) return null
  const { broken, fixed, stillFailing, otherwise, unchanged, onlyBefore, onlyAfter } = changes
  const groups = [
    ['broken', 'Broken', broken],
    ['fixed', 'Fixed', fixed],
    ['still-failing', 'Still failing', stillFailing],
    ['otherwise', 'Changed otherwise', otherwise],
  ] as const
  return (
    <>
      {groups.map(([id, title, entries]) =>
        entries.length === 0 ? null : (
          <Card key={id} id={id} title={title} note={count(entries.length, 'cell')}>
            <ChangeTable changes={entries} />
          </Card>
        ),
      )}
      <p class="muted">
        {`${count(unchanged, 'cell')} unchanged; ${onlyBefore} only in the earlier run, ${onlyAfter} only in the later.`}
      </p>
    </>
  )
}

/** Cells that changed in the same way are one row: which they are stands behind the first. */
function ChangeTable({ changes }: { readonly changes: readonly CellChange[] }) {
  const alike = [
    ...Map.groupBy(changes, ({ before, after, appeared, vanished }) =>
      JSON.stringify([before, after, appeared, vanished]),
    ).values(),
  ].toSorted((a, b) => b.length - a.length)
  return (
    <>
      <Table
        head={['configuration', 'before', 'after', 'appeared', 'vanished']}
        rows={alike
          .slice(0, SHOWN)
          .flatMap((cells) =>
            cells
              .slice(0, 1)
              .map(({ before, after, appeared, vanished }) => [
                <Configurations cells={cells} />,
                <Badge outcome={before} />,
                <Badge outcome={after} />,
                <Lines texts={appeared} />,
                <Lines texts={vanished} />,
              ]),
          )}
      />
      {alike.length > SHOWN ? <p class="muted">{`and ${alike.length - SHOWN} more`}</p> : null}
    </>
  )
}

function Configurations({ cells }: { readonly cells: readonly CellChange[] }) {
  const [first, ...others] = cells.map(({ configuration }) => Object.values(configuration).join(' · '))
  if (others.length === 0) return <>{first}</>
  return (
    <>
      {first}
      <details>
        <summary class="muted">{`and ${others.length} more`}</summary>
        {others.slice(0, SHOWN).map((text) => (
          <p key={text}>{text}</p>
        ))}
        {others.length > SHOWN ? <p class="muted">{`and ${others.length - SHOWN} more`}</p> : null}
      </details>
    </>
  )
}

function Lines({ texts }: { readonly texts: readonly string[] }) {
  return (
    <>
      {texts.map((text) => (
        <code key={text} class="line">
          {text}
        </code>
      ))}
    </>
  )
}
