import type { ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'
import type { PageCell, PageEvidence, ReportPage } from '../../model/report-page.ts'
import type { AttemptSummary } from '../../model/verdict.ts'
import type { Symptom } from '../../model/symptom.ts'
import { useAxes } from '../parts/axes.ts'
import { Badge } from '../parts/badge.tsx'
import { Facts } from '../parts/facts.tsx'
import { percent } from '../parts/format.ts'
import { WORDS } from '../parts/outcomes.ts'
import { Table } from '../parts/table.tsx'
import { armWord, Ladders, Timelines } from './attempts.tsx'
import type { OpenCell } from './open-cell.ts'

interface CellProps extends OpenCell {
  readonly data: ReportPage
  readonly cell: PageCell
}

/** One cell: why it got its verdict, and everything that was seen. */
export function CellPanel({ data, cell, open }: CellProps) {
  const axes = useAxes()
  const { planned, verdict } = cell
  const shared = new Set(verdict.control.attempts)
  const controls = data.report.controls.filter(({ id }) => shared.has(id))
  const attempts: readonly AttemptSummary[] = [...verdict.attempts, ...controls]
  const evidence = [planned.id, ...new Set(controls.map((control) => control.cell))].flatMap((id, at, all) =>
    all.indexOf(id) === at
      ? (data.evidence[id] ?? []).filter(
          ({ arm, attempt }) => id === planned.id || shared.has(`${id}/${arm}-${attempt}`),
        )
      : [],
  )
  return (
    <>
      <div class="title">
        <h2>
          <Badge outcome={verdict.outcome} text={WORDS[verdict.outcome]} />
        </h2>
        <button type="button" class="quiet" aria-label="Close cell" onClick={() => open(undefined)}>
          ✕
        </button>
      </div>
      <p class="because">{verdict.because}</p>
      <p class="muted">{`cell ${planned.id} · stage ${planned.stage} · blame: ${verdict.blame}`}</p>
      <Facts
        facts={Object.entries(planned.configuration).map(
          ([axis, value]) => [axes.title(axis), axes.value(axis, value)] as const,
        )}
      />
      <Block title="Failure rate">
        <Rates cell={cell} />
      </Block>
      <Block title={verdict.symptoms.length > 1 ? 'Symptoms' : 'Symptom'} when={verdict.symptoms.length > 0}>
        {verdict.symptoms.map((symptom, at) => (
          <SymptomCard key={at} {...{ data, cell, open, symptom }} />
        ))}
      </Block>
      <Block title="Also without the candidate" when={verdict.preExisting.length > 0}>
        {verdict.preExisting.map((symptom, at) => (
          <SymptomCard key={at} {...{ data, cell, open, symptom }} />
        ))}
      </Block>
      <Block title="How far it got" when={attempts.some(({ milestone }) => milestone !== undefined)}>
        <Ladders attempts={attempts} />
      </Block>
      <Block title="Phases" when={attempts.length > 0}>
        <Timelines attempts={attempts} outcome={verdict.outcome} />
      </Block>
      <Judgement cell={cell} />
      <EvidenceBlocks evidence={evidence} />
      <Block title="Checks that looked" when={verdict.checksRun.length > 0}>
        <p class="tags">
          {verdict.checksRun.map((check) => (
            <code key={check}>{check}</code>
          ))}
        </p>
      </Block>
    </>
  )
}

/** A titled block; nothing when there is nothing to show. */
function Block({
  title,
  when = true,
  children,
}: {
  readonly title: string
  readonly when?: boolean
  readonly children: ComponentChildren
}) {
  return when ? (
    <section class="block">
      <h3>{title}</h3>
      {children}
    </section>
  ) : null
}

function Rates({ cell: { verdict } }: { readonly cell: PageCell }) {
  const { control, failing, valid, rateLow, rateHigh } = verdict
  const bounds = `${percent(rateLow)} … ${percent(rateHigh)}`
  return (
    <>
      <p class="rate">
        <span>candidate</span>
        <b>{`${failing} of ${valid} failed`}</b>
        <span class="interval" role="img" aria-label={`true rate between ${bounds}`}>
          <i style={{ left: `${rateLow * 100}%`, width: `${Math.max(1, (rateHigh - rateLow) * 100)}%` }} />
        </span>
        <span class="muted">{`true rate ${bounds} (95 %)`}</span>
      </p>
      <p class="rate">
        <span>control</span>
        <b>{`${control.failing} of ${control.valid} failed`}</b>
        <span class="muted">
          {control.valid === 0 ? 'nothing to compare with' : control.cached ? 'shared control' : ''}
        </span>
      </p>
    </>
  )
}

/** Other cells that are named. */
const SAME_SHOWN = 8

function SymptomCard({ data, cell, open, symptom }: CellProps & { readonly symptom: Symptom }) {
  const same = useMemo(
    () =>
      data.report.cells.filter(
        ({ planned, verdict }) =>
          planned.id !== cell.planned.id &&
          verdict.symptoms.some(({ signature }) => signature === symptom.signature),
      ),
    [data, cell, symptom],
  )
  const where = ` in ${symptom.phase}${symptom.milestone === undefined ? '' : `, at ${symptom.milestone}`}`
  return (
    <article class={`symptom s-${symptom.severity}`}>
      <h4>
        <b>{symptom.class}</b>
        <span class="muted">{`${where}${symptom.severity === 'warn' ? ', warning' : ''}`}</span>
      </h4>
      <p>{symptom.summary}</p>
      <dl class="pair">
        <dt>seen</dt>
        <dd>{symptom.seen || '–'}</dd>
        <dt>expected</dt>
        <dd>{symptom.expected || '–'}</dd>
      </dl>
      <code class="signature" title="signature: equal failures have equal signatures">
        {symptom.signature}
      </code>
      {same.length === 0 ? null : (
        <p class="muted">
          {`the same on ${same.length} more: `}
          {same.slice(0, SAME_SHOWN).map(({ planned: { id } }) => (
            <button key={id} type="button" class="link" onClick={() => open(id)}>
              {id}
            </button>
          ))}
          {same.length > SAME_SHOWN ? ' …' : ''}
        </p>
      )}
    </article>
  )
}

/** What else went into the verdict: recovery, waiver, checks that could not look. */
function Judgement({ cell: { verdict } }: { readonly cell: PageCell }) {
  const { recovery, waiver, blind } = verdict
  return (
    <>
      {recovery === undefined ? null : (
        <Block title="Recovery">
          <p>
            {recovery.broughtBack
              ? `${recovery.step} brought the machine back.`
              : `No step brought the machine back; the last was ${recovery.step}.`}
          </p>
        </Block>
      )}
      {waiver === undefined ? null : (
        <Block title="Waiver">
          <p>{`${waiver.id} until ${waiver.expires}: ${waiver.reason} (${waiver.owner}, ${waiver.ticket})`}</p>
        </Block>
      )}
      <Block title="Could not look at" when={blind.length > 0}>
        <ul>
          {blind.map(({ subject, reason }, at) => (
            <li key={at}>{`${subject}: ${reason}`}</li>
          ))}
        </ul>
      </Block>
    </>
  )
}

function EvidenceBlocks({ evidence }: { readonly evidence: readonly PageEvidence[] }) {
  const screens = evidence.filter(({ image }) => image !== undefined)
  const tails = evidence.filter(({ tail }) => tail !== undefined && tail !== '')
  return (
    <>
      <Block title="Screens" when={screens.length > 0}>
        {screens.map((entry, at) => (
          <figure key={at}>
            <img src={entry.image} alt={`Screen: ${entry.name}`} loading="lazy" />
            <figcaption class="muted">{`${entry.name} · ${armWord(entry)}, ${entry.phase}`}</figcaption>
          </figure>
        ))}
      </Block>
      <Block title="Serial line, last lines" when={tails.length > 0}>
        {tails.map((entry, at) => (
          <pre key={at} tabIndex={0}>
            {entry.tail}
          </pre>
        ))}
      </Block>
      <Block title="Evidence" when={evidence.length > 0}>
        <Table
          head={['file', 'attempt', 'size', 'sha256']}
          rows={evidence.map((entry) => [
            entry.href === undefined ? entry.name : <a href={entry.href}>{entry.name}</a>,
            armWord(entry),
            `${entry.bytes.toLocaleString('en')} B${entry.cut ? ', cut' : ''}`,
            <code title={entry.id}>{entry.id.slice(0, 12)}</code>,
          ])}
        />
      </Block>
    </>
  )
}
