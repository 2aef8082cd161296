import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Configuration } from '../../model/matrix.ts'
import type { PageCell } from '../../model/report-page.ts'
import type { Outcome } from '../../model/verdict.ts'
import { useAxes } from '../parts/axes.ts'
import { Card } from '../parts/card.tsx'
import { count } from '../parts/format.ts'
import { OUTCOMES, SIGNS } from '../parts/outcomes.ts'
import { CellGrid, NO_AXIS } from './cell-grid.tsx'
import type { RunData } from './run-data.ts'

/** Any two axes as rows and columns, every cell a tile in its group; choosers and filters above it. */
export function Matrix({
  run,
  marked,
}: {
  readonly run: RunData
  /** Tiles that hold these values are marked. */
  readonly marked: Configuration | undefined
}) {
  const [[row, column], place] = useState(() => firstAxes(run))
  const [hidden, hide] = useState<ReadonlySet<Outcome>>(new Set())
  const [text, setText] = useState('')
  const shown = useMemo(
    () =>
      hidden.size === 0 && text === ''
        ? run.cells
        : run.cells.filter(
            (cell) => !hidden.has(cell.outcome) && (text === '' || wordsOf(run, cell).includes(text)),
          ),
    [run, hidden, text],
  )
  const search = useSlashKey()
  const toggle = (outcome: Outcome): void => {
    const changed = new Set(hidden)
    if (!changed.delete(outcome)) changed.add(outcome)
    hide(changed)
  }
  return (
    <Card id="matrix" title="Matrix" note={count(run.cells.length, 'cell')}>
      <div class="controls">
        <Chooser word="rows" value={row} choose={(axis) => place([axis, column])} />
        <Chooser word="columns" value={column} choose={(axis) => place([row, axis])} />
        <label class="field grow">
          <span>filter ( / )</span>
          <input
            ref={search}
            type="search"
            placeholder="id, value, symptom …"
            aria-label="Filter cells"
            onInput={(event) => setText(event.currentTarget.value.trim().toLowerCase())}
          />
        </label>
        <div class="chips" role="group" aria-label="Outcomes shown">
          {OUTCOMES.map((outcome) => (
            <button
              key={outcome}
              type="button"
              class={`chip o-${outcome}`}
              aria-pressed={!hidden.has(outcome)}
              disabled={run.page.report.counts[outcome] === 0}
              onClick={() => toggle(outcome)}
            >
              <b aria-hidden="true">{SIGNS[outcome]}</b> {`${run.page.report.counts[outcome]} ${outcome}`}
            </button>
          ))}
        </div>
      </div>
      <p class="told" role="status">
        {shown.length === run.cells.length ? '' : `${shown.length} of ${run.cells.length} cells shown`}
      </p>
      <CellGrid {...{ run, row, column, marked }} cells={shown} leading={run.page.suspects[0]?.values} />
    </Card>
  )
}

/** All that a filter looks at, in lower case. */
function wordsOf(run: RunData, cell: PageCell): string {
  return [
    cell.id,
    cell.stage,
    cell.blame,
    cell.because,
    ...Object.entries(cell.configuration).flatMap(([axis, value]) => [
      `${axis}=${value}`,
      run.axes.value(axis, value),
    ]),
    ...run.problemsOf(cell).map(({ signature }) => signature),
  ]
    .join(' ')
    .toLowerCase()
}

/** The axes of the leading suspect, then those with more than one value. */
function firstAxes({ page, axes }: RunData): readonly [string, string] {
  const named = Object.keys(page.suspects[0]?.values ?? {})
  const varied = axes.list.filter(({ values }) => values.length > 1).map(({ id }) => id)
  const [row = NO_AXIS, column = NO_AXIS] = new Set([...named, ...varied, ...axes.list.map(({ id }) => id)])
  return [row, column]
}

function Chooser({
  word,
  value,
  choose,
}: {
  readonly word: string
  readonly value: string
  readonly choose: (axis: string) => void
}) {
  return (
    <label class="field">
      <span>{word}</span>
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {useAxes().list.map(({ id, title }) => (
          <option key={id} value={id}>
            {title ?? id}
          </option>
        ))}
        <option value={NO_AXIS}>(none)</option>
      </select>
    </label>
  )
}

/** The key `/` leads into the field. */
function useSlashKey() {
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key !== '/' || /^(?:INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? ''))
        return
      event.preventDefault()
      field.current?.focus()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
  return field
}
