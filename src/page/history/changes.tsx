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

function ChangeTable({ changes }: { readonly changes: readonly CellChange[] }) {
  return (
    <>
      <Table
        head={['configuration', 'before', 'after', 'appeared', 'vanished']}
        rows={changes
          .slice(0, SHOWN)
          .map(({ configuration, before, after, appeared, vanished }) => [
            Object.values(configuration).join(' · '),
            <Badge outcome={before} />,
            <Badge outcome={after} />,
            <Lines texts={appeared} />,
            <Lines texts={vanished} />,
          ])}
      />
      {changes.length > SHOWN ? <p class="muted">{`and ${changes.length - SHOWN} more`}</p> : null}
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
