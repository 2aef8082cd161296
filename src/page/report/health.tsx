/** What the update and each product put into the kernel, what starts by itself, and what it costs. */
import { FOOTPRINT_WORDS } from '../../model/footprint-words.ts'
import type { Cost, FootprintPart, HealthCard, ReportHealth } from '../../model/health.ts'
import { Card } from '../parts/card.tsx'
import { Table } from '../parts/table.tsx'
import type { RunData } from './run-data.ts'

const PARTS = Object.entries(FOOTPRINT_WORDS) as [FootprintPart, string][]

/** Names of a list that stand open. */
const OPEN = 6

/** The footprint of the candidate, how it changed since an earlier release, and the footprint of each product. */
export function Health({ run: { page } }: { readonly run: RunData }) {
  const { health } = page.report
  const [candidate, ...products] = health?.cards ?? []
  if (health === undefined || candidate === undefined) return null
  const measured = products.filter(({ machines }) => machines > 0)
  const own = candidate.of === 'candidate' ? candidate : undefined
  const others = own === undefined ? [candidate, ...products] : measured
  const isMeasured = own !== undefined && (own.machines > 0 || own.costs.length > 0)
  if (!isMeasured && others.length === 0) return null
  return (
    <Card id="health" title="Health" note="what is in the kernel, what starts, what it costs">
      {own === undefined ? null : <CandidateHealth card={own} since={health.since} />}
      {others.length === 0 ? null : (
        <>
          {own === undefined ? null : <h3>Products</h3>}
          <Table
            head={['product', 'machines', ...PARTS.map(([, word]) => word)]}
            rows={others.map(({ title, machines, footprint }) => [
              <b>{title}</b>,
              String(machines),
              ...PARTS.map(([part]) => <Names names={footprint[part]} />),
            ])}
          />
        </>
      )}
    </Card>
  )
}

function CandidateHealth({
  card,
  since,
}: {
  readonly card: HealthCard
  readonly since: ReportHealth['since']
}) {
  if (card.machines === 0 && card.costs.length === 0)
    return <p>No machine was measured with and without the update.</p>
  return (
    <>
      <p>{`${card.title}, on ${card.machines} ${card.machines === 1 ? 'machine' : 'machines'} beside the same without it.`}</p>
      {since === undefined ? null : <Since since={since} />}
      <Table
        head={['', 'came with it', 'gone with it']}
        rows={[
          ...PARTS.map(([part, word]) => [
            <b>{word}</b>,
            <Names names={card.footprint[part]} />,
            <Names names={card.gone[part]} />,
          ]),
          [<b>starts by itself</b>, <Names names={card.autostarts} />, ''],
        ]}
      />
      {card.costs.length === 0 ? null : (
        <Table
          head={['cost', 'with it', '95 % interval', 'machines']}
          rows={card.costs.map((cost) => [
            <b>{cost.name}</b>,
            `${cost.difference > 0 ? '+' : ''}${rounded(cost.difference)} ${cost.unit}`,
            intervalOf(cost),
            String(cost.machines),
          ])}
        />
      )}
      {card.recovery.length === 0 ? null : (
        <Table
          head={['recovery', 'came back']}
          rows={card.recovery.map(({ step, tried, broughtBack }) => [step, `${broughtBack} of ${tried}`])}
        />
      )}
    </>
  )
}

/** The line that people look for: fewer or more kernel drivers than the release before. */
function Since({ since }: { readonly since: NonNullable<ReportHealth['since']> }) {
  const { run, title, changes } = since
  const told = changes.filter(
    ({ part, more, fewer }) => part === 'drivers' || more.length > 0 || fewer.length > 0,
  )
  return (
    <ul>
      {told.map(({ part, before, now, more, fewer }) => {
        const word = FOOTPRINT_WORDS[part]
        const step = now > before ? `more ${word}` : now < before ? `fewer ${word}` : `as many ${word}`
        return (
          <li key={part}>
            <b title={`run ${run}`}>{`${step} than ${title}: ${before} → ${now}`}</b>
            {more.length === 0 ? null : (
              <>
                {' · new: '}
                <Names names={more} />
              </>
            )}
            {fewer.length === 0 ? null : (
              <>
                {' · no longer there: '}
                <Names names={fewer} />
              </>
            )}
          </li>
        )
      })}
    </ul>
  )
}

function Names({ names }: { readonly names: readonly string[] }) {
  if (names.length === 0) return <span class="muted">none</span>
  const rest = names.slice(OPEN)
  return (
    <>
      {names.slice(0, OPEN).join(', ')}
      {rest.length === 0 ? null : (
        <details class="others">
          <summary class="muted">{`${rest.length} more`}</summary>
          {rest.join(', ')}
        </details>
      )}
    </>
  )
}

function intervalOf({ interval, unit }: Cost): string {
  return interval === undefined ? 'one machine' : `${interval.map(rounded).join(' … ')} ${unit}`
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100)
}
