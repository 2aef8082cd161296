import type { RingPage } from '../../model/rings.ts'
import { Card } from '../parts/card.tsx'
import { count, percent } from '../parts/format.ts'
import { Table } from '../parts/table.tsx'

const WIDTH = 800
const ROW = 26
/** Room for the words on the left. */
const LEFT = 190

/** When each ring begins and how long it is watched, drawn over time, and the same as a table. */
export function Schedule({ page: { plan } }: { readonly page: RingPage }) {
  const { rings, rate } = plan
  const end = Math.max(1, ...rings.map(({ startsAtHour, watchHours }) => startsAtHour + watchHours))
  const at = (hour: number): number => LEFT + (hour / end) * (WIDTH - LEFT)
  const height = (rings.length + 1) * ROW
  return (
    <Card id="schedule" title="Rings" note={`the whole fleet has it after ${plan.hours} hours`}>
      <svg
        class="schedule"
        viewBox={`0 0 ${WIDTH} ${height}`}
        role="img"
        aria-label={rings
          .map(
            ({ ring, machines, startsAtHour, watchHours }) =>
              `ring ${ring}: ${count(machines, 'machine')} from hour ${startsAtHour}, watched for ${watchHours} hours`,
          )
          .join('; ')}
      >
        {rings.map(({ ring, machines, startsAtHour, watchHours }, row) => (
          <g key={ring}>
            <text x={8} y={row * ROW + 17}>{`ring ${ring}: ${count(machines, 'machine')}`}</text>
            <rect
              class="deployed"
              x={at(startsAtHour)}
              y={row * ROW + 11}
              width={WIDTH - at(startsAtHour)}
              height={4}
            />
            <rect
              class="watched"
              x={at(startsAtHour)}
              y={row * ROW + 5}
              width={Math.max(2, at(startsAtHour + watchHours) - at(startsAtHour))}
              height={16}
            />
          </g>
        ))}
        <text x={LEFT} y={height - 8}>
          hour 0
        </text>
        <text x={WIDTH - 8} y={height - 8} text-anchor="end">{`hour ${end}`}</text>
      </svg>
      <Table
        head={[
          'ring',
          'machines',
          'together',
          'begins',
          'watch',
          'lowest rate seen',
          `sees ${percent(rate)} in`,
          'halt at',
        ]}
        rows={rings.map((ring) => [
          ring.ring,
          ring.machines,
          ring.cumulative,
          `${ring.startsAtHour} h`,
          `${ring.watchHours} h`,
          percent(ring.seesRate),
          `${ring.hoursToSeeRate} h`,
          `${ring.haltAt} failed`,
        ])}
      />
    </Card>
  )
}
