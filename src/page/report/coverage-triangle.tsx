import { useMemo, useState } from 'preact/hooks'
import type { Outcome } from '../../model/verdict.ts'
import { Card } from '../parts/card.tsx'
import { count } from '../parts/format.ts'
import { moveInGrid } from '../parts/move-in-grid.ts'
import { OUTCOMES, SIGNS } from '../parts/outcomes.ts'
import { cellHref } from './route.ts'
import type { RunData } from './run-data.ts'

/** Above this many values of all axes together the triangle would be a wall. */
const MOST_VALUES = 60
const DECIDED: readonly Outcome[] = ['pass', 'warn', 'fail']
const CELLS_SHOWN = 8

interface AxisValue {
  readonly axis: string
  readonly value: string
  readonly words: string
}

interface Pair {
  readonly first: AxisValue
  readonly second: AxisValue
  /** Places of the cells that hold both. */
  readonly cells: readonly number[]
  readonly state: Outcome | 'impossible' | 'unseen'
  /** Whether a cell with a verdict holds both: a cell that never ran shows nothing. */
  readonly seen: boolean
}

/** Every two values of different axes as a tile: whether a cell showed them together, and how that ended. */
export function CoverageTriangle({ run }: { readonly run: RunData }) {
  const values = useMemo(() => allValues(run), [run])
  const pairs = useMemo(() => (values.length > MOST_VALUES ? [] : allPairs(run, values)), [run, values])
  const [chosen, choose] = useState<Pair | undefined>()
  if (run.axes.list.length < 2 || run.page.audience !== undefined) return null
  if (pairs.length === 0)
    return (
      <Card id="triangle" title="Pairs of values">
        <p class="muted">
          {`${values.length} values are too many for one picture; `}
          <code>ringzero coverage</code> lists what no cell showed.
        </p>
      </Card>
    )
  // Values of one axis make no pair: the first axis has no row of its own, and the last one no column.
  const firstAxis = values[0]?.axis
  const columns = values.filter(({ axis }) => axis !== values.at(-1)?.axis)
  const possible = pairs.flat().filter((pair) => pair !== undefined && pair.state !== 'impossible')
  const seen = possible.filter((pair) => pair?.seen === true)
  return (
    <Card id="triangle" title="Pairs of values" note={`${seen.length} of ${possible.length} seen together`}>
      <div
        class="scroll triangle"
        tabIndex={0}
        role="region"
        aria-label="Pairs of values"
        onKeyDown={moveInGrid}
      >
        <table>
          <tbody>
            {values.slice(1).map((row, at) =>
              row.axis === firstAxis ? null : (
                <tr
                  key={`${row.axis}\n${row.value}`}
                  class={values[at]?.axis !== row.axis && values[at]?.axis !== firstAxis ? 'axis' : undefined}
                >
                  <th scope="row">{row.words}</th>
                  {columns.slice(0, at + 1).map((_, place) => (
                    <td key={place}>
                      <PairTile
                        pair={pairs[at]?.[place]}
                        chosen={chosen}
                        choose={choose}
                        first={values[at]?.axis === firstAxis && place === 0}
                      />
                    </td>
                  ))}
                </tr>
              ),
            )}
            <tr>
              <td />
              {columns.map((column) => (
                <th scope="col" key={`${column.axis}\n${column.value}`}>
                  <span>{column.words}</span>
                </th>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
      <div class="detail" role="status">
        {chosen === undefined ? (
          <p class="muted on-screen">Point at a pair, or go through them with the arrow keys.</p>
        ) : (
          <PairDetail run={run} pair={chosen} />
        )}
      </div>
    </Card>
  )
}

function PairTile({
  pair,
  chosen,
  choose,
  first,
}: {
  readonly pair: Pair | undefined
  readonly chosen: Pair | undefined
  readonly choose: (pair: Pair) => void
  readonly first: boolean
}) {
  if (pair === undefined) return null
  return (
    <button
      type="button"
      class={`tile pair-${pair.state} o-${pair.state}`}
      tabIndex={first ? 0 : -1}
      aria-pressed={chosen === pair}
      aria-label={`${pair.first.words} with ${pair.second.words}: ${wordsOf(pair)}`}
      onMouseEnter={() => choose(pair)}
      onFocus={() => choose(pair)}
      onClick={() => choose(pair)}
    >
      {signOf(pair)}
    </button>
  )
}

function signOf({ state }: Pair): string {
  if (state === 'unseen') return ''
  return state === 'impossible' ? '⊘' : SIGNS[state]
}

function wordsOf({ state, cells, seen }: Pair): string {
  if (state === 'unseen') return 'seen together on no cell'
  if (state === 'impossible') return 'impossible together'
  return `${state} on ${count(cells.length, 'cell')}${seen ? '' : ', seen on none'}`
}

function PairDetail({ run, pair }: { readonly run: RunData; readonly pair: Pair }) {
  return (
    <>
      <p>
        <strong>
          {pair.first.words} × {pair.second.words}
        </strong>
        : {wordsOf(pair)}
      </p>
      <p>
        {pair.cells.slice(0, CELLS_SHOWN).map((place) => {
          const cell = run.cells[place]
          return cell === undefined ? null : (
            <a key={cell.id} class="pill" href={cellHref(cell.id)}>
              {SIGNS[cell.outcome]} {cell.id.slice(0, 7)}
            </a>
          )
        })}
      </p>
    </>
  )
}

/** The value of each cell in each axis, and the place in `allValues` where each axis begins. */
function columnsOf({ page, axes }: RunData): {
  readonly columns: readonly (readonly number[])[]
  readonly starts: readonly number[]
} {
  const starts: number[] = []
  let next = 0
  for (const { values } of axes.list) {
    starts.push(next)
    next += values.length
  }
  return { columns: page.cells.values, starts }
}

function allValues({ axes }: RunData): readonly AxisValue[] {
  return axes.list.flatMap(({ id, values }) =>
    values.map((value) => ({ axis: id, value: value.id, words: value.title ?? value.id })),
  )
}

/** Row by row below the diagonal; undefined for two values of one axis. */
function allPairs(run: RunData, values: readonly AxisValue[]): readonly (readonly (Pair | undefined)[])[] {
  const { columns, starts } = columnsOf(run)
  // One list for each two places of `values`: strings as keys would take seconds for a hundred thousand cells.
  const cellsOf: number[][] = Array.from({ length: values.length * values.length }, () => [])
  for (let cell = 0; cell < run.cells.length; cell += 1)
    for (let one = 1; one < columns.length; one += 1)
      for (let other = 0; other < one; other += 1) {
        const [row, column] = [columns[one]?.[cell] ?? -1, columns[other]?.[cell] ?? -1]
        if (row === -1 || column === -1) continue
        cellsOf[(starts[one]! + row) * values.length + starts[other]! + column]!.push(cell)
      }
  const complete = new Set(
    (run.page.report.coverage.pairs ?? [])
      .filter(({ covered, feasible }) => covered === feasible)
      .map(({ axes }) => axes.toSorted().join('\n')),
  )
  return values.slice(1).map((second, at) =>
    values.slice(0, at + 1).map((first, place) => {
      if (first.axis === second.axis) return undefined
      const cells = cellsOf[(at + 1) * values.length + place] ?? []
      const outcomes = new Set(cells.map((cell) => run.cells[cell]?.outcome))
      const worst = OUTCOMES.find((outcome) => outcomes.has(outcome))
      const seen = DECIDED.some((outcome) => outcomes.has(outcome))
      const impossible = complete.has([first.axis, second.axis].toSorted().join('\n'))
      return { first, second, cells, state: worst ?? (impossible ? 'impossible' : 'unseen'), seen }
    }),
  )
}
