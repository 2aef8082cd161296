import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Configuration } from '../../model/matrix.ts'
import type { ReportPage } from '../../model/report-page.ts'
import type { Outcome } from '../../model/verdict.ts'
import { useAxes, type Axes } from '../parts/axes.ts'
import { OUTCOMES, SIGNS } from '../parts/outcomes.ts'
import { CellGrid, NO_AXIS } from './cell-grid.tsx'
import { wordsOf } from './words-of.ts'

/** Any two axes as rows and columns, every cell a tile in its group; choosers and filters above it. */
export function Matrix({
  data,
  chosen,
  suspect,
  open,
}: {
  readonly data: ReportPage
  readonly chosen: string | undefined
  /** Tiles that hold these values are marked. */
  readonly suspect: Configuration | undefined
  readonly open: (id: string) => void
}) {
  const axes = useAxes()
  const { cells, counts } = data.report
  const [[row, column], place] = useState(() => firstAxes(data, axes))
  const [hidden, hide] = useState<ReadonlySet<Outcome>>(new Set())
  const [text, setText] = useState('')
  const words = useMemo(() => new Map(cells.map((cell) => [cell, wordsOf(cell, axes)])), [cells, axes])
  const shown = useMemo(
    () =>
      cells.filter(
        (cell) =>
          !hidden.has(cell.verdict.outcome) && (text === '' || words.get(cell)?.includes(text) === true),
      ),
    [cells, words, hidden, text],
  )
  const search = useSlashKey()
  const toggle = (outcome: Outcome): void => {
    const changed = new Set(hidden)
    if (!changed.delete(outcome)) changed.add(outcome)
    hide(changed)
  }
  return (
    <section id="matrix" class="card" aria-labelledby="matrix-title">
      <div class="title">
        <h2 id="matrix-title">Matrix</h2>
        <span class="muted">{`${cells.length} cells`}</span>
      </div>
      <div class="controls">
        <Chooser word="rows" value={row} choose={(axis) => place([axis, column])} />
        <Chooser word="columns" value={column} choose={(axis) => place([row, axis])} />
        <label class="field grow">
          <span>filter</span>
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
              disabled={counts[outcome] === 0}
              onClick={() => toggle(outcome)}
            >
              <b aria-hidden="true">{SIGNS[outcome]}</b> {`${counts[outcome]} ${outcome}`}
            </button>
          ))}
        </div>
      </div>
      <p class="told" role="status">
        {shown.length === cells.length ? '' : `${shown.length} of ${cells.length} cells shown`}
      </p>
      <CellGrid
        {...{ row, column, chosen, open }}
        all={cells.length}
        cells={shown}
        marked={suspect}
        leading={data.report.suspects[0]?.values}
      />
    </section>
  )
}

/** The axes of the leading suspect, then those with more than one value. */
function firstAxes(data: ReportPage, axes: Axes): readonly [string, string] {
  const named = Object.keys(data.report.suspects[0]?.values ?? {})
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
