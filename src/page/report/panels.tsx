/** Gate, coverage, stages, files, hosts, notes. */
import type { Outcome } from '../../model/verdict.ts'
import { Badge } from '../parts/badge.tsx'
import { Card } from '../parts/card.tsx'
import { percent } from '../parts/format.ts'
import { Meter } from '../parts/meter.tsx'
import { Table } from '../parts/table.tsx'
import type { RunData } from './run-data.ts'

interface PanelProps {
  readonly run: RunData
}

/** Each rule of the policy with what it measured, and the waivers. */
export function GateRules({ run }: PanelProps) {
  const { gate } = run.page
  if (gate.rules.length === 0) return null
  const as: Readonly<Record<string, Outcome>> = {
    satisfied: 'pass',
    violated: 'fail',
    inconclusive: 'inconclusive',
  }
  return (
    <Card id="gate" title="Gate">
      <Table
        head={['result', 'rule', 'value', 'criterion', 'explanation']}
        rows={gate.rules.map(({ result, title, value, criterion, explanation }) => [
          <Badge outcome={as[result] ?? 'inconclusive'} text={result} />,
          <b>{title}</b>,
          value === null ? '–' : String(Number(value.toPrecision(4))),
          criterion,
          explanation,
        ])}
      />
      {gate.waivers.length === 0 ? null : (
        <Table
          head={['waiver', 'state', 'cells']}
          rows={gate.waivers.map(({ id, state, cells }) => [id, state, cells.slice(0, 12).join(', ') || '–'])}
        />
      )}
    </Card>
  )
}

const TUPLES: Readonly<Record<number, string>> = { 1: 'single values', 2: 'pairs', 3: 'triples' }

/** What was judged of what could be, and what no run can show. */
export function Coverage({ run: { page } }: PanelProps) {
  const { planned, judged, fleetShare, gaps } = page.report.coverage
  return (
    <Card id="coverage" title="Coverage">
      {judged.map(({ strength, covered, feasible, infeasible }) => {
        const plan = planned.find((other) => other.strength === strength)
        const share = feasible === 0 ? 0 : covered / feasible
        return (
          <Meter
            key={strength}
            word={TUPLES[strength] ?? `${strength}-tuples`}
            share={share}
            text={percent(share)}
            detail={`${covered} of ${feasible} judged${plan === undefined ? '' : `, ${plan.covered} planned`}${infeasible > 0 ? `, ${infeasible} impossible` : ''}`}
          />
        )
      })}
      {page.audience === undefined ? (
        <Meter
          word="fleet"
          share={fleetShare}
          text={percent(fleetShare)}
          detail="share of the customer fleet whose combinations all worked"
        />
      ) : null}
      <h3>What this run cannot have shown</h3>
      <Sentences sentences={gaps} />
    </Card>
  )
}

/** Sentences of a list that stand open. */
const SENTENCES_OPEN = 6

function Sentences({ sentences }: { readonly sentences: readonly string[] }) {
  const list = (part: readonly string[]) => (
    <ul class="gaps">
      {part.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  )
  const rest = sentences.slice(SENTENCES_OPEN)
  return (
    <>
      {list(sentences.slice(0, SENTENCES_OPEN))}
      {rest.length === 0 ? null : (
        <details class="others">
          <summary class="muted">{`${rest.length} more`}</summary>
          {list(rest)}
        </details>
      )}
    </>
  )
}

export function Stages({ run: { page } }: PanelProps) {
  if (page.audience !== undefined) return null
  const as: Readonly<Record<string, Outcome>> = {
    passed: 'pass',
    failed: 'fail',
    inconclusive: 'inconclusive',
    'not-started': 'not-run',
  }
  return (
    <Card id="stages" title="Stages">
      <Table
        head={['stage', 'state', 'cells']}
        rows={page.stages.map(({ title, state, cells }) => [
          title,
          <Badge outcome={as[state] ?? 'inconclusive'} text={state} />,
          String(cells),
        ])}
      />
    </Card>
  )
}

export function Hosts({ run: { page } }: PanelProps) {
  if (page.report.hosts.length === 0) return null
  return (
    <Card id="hosts" title="Hosts">
      <Table
        head={['host', 'provider', 'facts', 'faults']}
        rows={page.report.hosts.map(({ name, provider, facts, faults }) => [
          name,
          provider,
          <span class="muted">
            {Object.entries(facts)
              .filter(([, fact]) => typeof fact !== 'object')
              .slice(0, 8)
              .map(([fact, value]) => `${fact}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
              .join(' · ')}
          </span>,
          String(faults),
        ])}
      />
    </Card>
  )
}

/** Which runner did what of a merged run. */
export function Shards({ run: { page, cells } }: PanelProps) {
  const { shards } = page.report
  if (shards === undefined) return null
  const passed = new Set(cells.flatMap(({ id, outcome }) => (outcome === 'pass' ? [id] : [])))
  return (
    <Card id="shards" title="Shards">
      <Table
        head={['shard', 'runner', 'run', 'cells', 'not passed']}
        rows={shards.map(({ name, runners, run, cells: mine }) => [
          name,
          runners.join(', '),
          <span class="muted">{run}</span>,
          String(mine.length),
          String(mine.filter((id) => !passed.has(id)).length),
        ])}
      />
    </Card>
  )
}

export function Notes({ run: { page } }: PanelProps) {
  return page.report.notes.length === 0 ? null : (
    <Card id="notes" title="Notes">
      <Sentences sentences={page.report.notes} />
    </Card>
  )
}

/** Where else to look. */
export function Files({ run: { page } }: PanelProps) {
  return (
    <Card id="files" title="Files of this run">
      <ul class="files">
        {page.files.map(({ href, what }) => (
          <li key={href}>
            <a href={href}>{decodeURIComponent(href.replace('../', ''))}</a> <span class="muted">{what}</span>
          </li>
        ))}
      </ul>
    </Card>
  )
}
