import { useState } from 'preact/hooks'
import type { RingPage } from '../../model/rings.ts'
import { Card } from '../parts/card.tsx'
import { percent } from '../parts/format.ts'
import { Table } from '../parts/table.tsx'

const SHOWN = 50

/** Every configuration of the fleet, the riskiest first: what the lab says of it, and which recovery step it has proven there. */
export function Configurations({ page: { plan } }: { readonly page: RingPage }) {
  const [all, showAll] = useState(false)
  const { configurations } = plan
  const shown = all ? configurations : configurations.slice(0, SHOWN)
  return (
    <Card
      id="configurations"
      title="Configurations"
      note="what the lab could not cover comes first; the bound is the highest failure rate that the lab leaves possible, with 95 % certainty"
    >
      <Table
        head={['configuration', 'machines', 'lab', 'bound', 'not seen', 'recovery proven']}
        rows={shown.map(({ configuration, machines, lab, rateHigh, unseen, recovery }) => [
          Object.values(configuration).join(' · '),
          machines,
          lab,
          percent(rateHigh),
          unseen.join(', '),
          recovery.join(', ') || 'none',
        ])}
      />
      {configurations.length > shown.length ? (
        <button type="button" class="more" onClick={() => showAll(true)}>
          {configurations.length - shown.length} more
        </button>
      ) : null}
    </Card>
  )
}
