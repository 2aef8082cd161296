import { useEffect, useLayoutEffect, useState } from 'preact/hooks'
import type { CellDetail, PageCell } from '../../model/report-page.ts'
import { Badge } from '../parts/badge.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { Facts } from '../parts/facts.tsx'
import { Guarded } from '../parts/guarded.tsx'
import { WORDS } from '../parts/outcomes.ts'
import { Cause } from './cause.tsx'
import { Compare } from './compare.tsx'
import { Evidence } from './evidence.tsx'
import { Raw } from './raw.tsx'
import { cellHref, TABS, type Tab } from './route.ts'
import type { RunData } from './run-data.ts'
import { explainCommand, reproduceCommand } from './run-folder.ts'
import { Starts } from './starts.tsx'

const TITLES: Readonly<Record<Tab, string>> = {
  cause: 'Cause',
  starts: 'Starts',
  compare: 'Compare with control',
  evidence: 'Evidence',
  raw: 'Raw',
}
const PARTS = { cause: Cause, starts: Starts, compare: Compare, evidence: Evidence, raw: Raw }

interface CellProps {
  readonly run: RunData
  readonly cell: PageCell
}

/** One cell on a page of its own: why it got its verdict, and everything that was seen. */
export function CellPage({ run, cell, tab }: CellProps & { readonly tab: Tab }) {
  const detail = useDetail(run, cell)
  const Part = PARTS[tab]
  const reproduce = reproduceCommand(run, cell)
  return (
    <article class="cell">
      <Neighbours run={run} cell={cell} tab={tab} />
      <div class={`verdict cell-verdict v-${cell.outcome}`}>
        <h1>
          <Badge outcome={cell.outcome} text={WORDS[cell.outcome]} /> <span>{run.valuesOf(cell)}</span>
        </h1>
        <p class="because">{cell.because}</p>
        <p class="actions">
          <span class="muted">{`cell ${cell.id} · stage ${cell.stage} · blame: ${cell.blame}`}</span>
          {run.problemsOf(cell)[0] === undefined ? null : (
            <CopyButton what="signature" text={run.problemsOf(cell)[0]?.signature ?? ''} />
          )}
          {run.page.audience === undefined ? (
            <>
              <CopyButton what="ringzero explain" text={explainCommand(run, cell.id)} />
              {reproduce === undefined ? null : <CopyButton what="command to reproduce" text={reproduce} />}
            </>
          ) : null}
        </p>
      </div>
      <Tabs cell={cell} tab={tab} />
      <div role="tabpanel" id="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0} class="card">
        {detail === undefined ? (
          <p class="muted" role="status">
            loading …
          </p>
        ) : typeof detail === 'string' ? (
          <p class="undrawn" role="alert">
            {detail}
          </p>
        ) : (
          <Guarded key={tab}>
            <Part run={run} cell={cell} detail={detail} />
          </Guarded>
        )}
      </div>
      <Facts
        facts={Object.entries(cell.configuration).map(
          ([axis, value]) => [run.axes.title(axis), run.axes.value(axis, value)] as const,
        )}
      />
    </article>
  )
}

/** What was seen on a cell; undefined while it is read, a sentence when it cannot be. */
function useDetail(run: RunData, cell: PageCell): CellDetail | string | undefined {
  const [detail, setDetail] = useState<CellDetail | string | undefined>()
  useEffect(() => {
    let wanted = true
    setDetail(undefined)
    run.detail(cell).then(
      (found) => wanted && setDetail(found),
      (error: unknown) =>
        wanted && setDetail(`What was seen on this cell could not be read: ${String(error)}`),
    )
    return () => {
      wanted = false
    }
  }, [run, cell])
  return detail
}

/** The way back, and to the next and the previous cell that did not pass: by link and by the keys j and k. */
function Neighbours({ run, cell, tab }: CellProps & { readonly tab: Tab }) {
  const at = run.toLookAt.indexOf(cell)
  const before = run.toLookAt[at === -1 ? run.toLookAt.length - 1 : at - 1]
  const after = run.toLookAt[at + 1]
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return
      if (event.key === 'j' && after !== undefined) location.hash = cellHref(after.id, tab)
      else if (event.key === 'k' && before !== undefined) location.hash = cellHref(before.id, tab)
      else if (event.key === 'Escape' && document.querySelector('dialog[open]') === null) location.hash = '#/'
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [before, after, tab])
  return (
    <nav class="neighbours" aria-label="Cells">
      <a href="#/">← the run</a>
      {run.toLookAt.length === 0 ? null : (
        <span>
          {before === undefined ? (
            <span class="muted">‹ previous</span>
          ) : (
            <a href={cellHref(before.id, tab)}>‹ previous</a>
          )}
          <span class="muted">
            {at === -1
              ? `${run.toLookAt.length} to look at`
              : `${at + 1} of ${run.toLookAt.length} to look at`}
          </span>
          {after === undefined ? (
            <span class="muted">next ›</span>
          ) : (
            <a href={cellHref(after.id, tab)}>next ›</a>
          )}
          <span class="muted keys">
            <kbd>j</kbd> <kbd>k</kbd> <kbd>Esc</kbd>
          </span>
        </span>
      )}
    </nav>
  )
}

/** Arrow keys go from tab to tab, as the pattern of WAI-ARIA wants it. */
function Tabs({ cell, tab }: { readonly cell: PageCell; readonly tab: Tab }) {
  const go = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length] ?? 'cause'
    location.hash = cellHref(cell.id, next)
    document.getElementById(`tab-${next}`)?.focus()
  }
  return (
    <div class="tabs" role="tablist" aria-label="What was seen" tabIndex={-1} onKeyDown={go}>
      {TABS.map((name) => (
        <a
          key={name}
          id={`tab-${name}`}
          role="tab"
          href={cellHref(cell.id, name)}
          aria-selected={name === tab}
          aria-controls="tabpanel"
          tabIndex={name === tab ? 0 : -1}
        >
          {TITLES[name]}
        </a>
      ))}
    </div>
  )
}
