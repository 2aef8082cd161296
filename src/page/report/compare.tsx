import { useMemo, useState } from 'preact/hooks'
import type { CellDetail, PageEvidence } from '../../model/report-page.ts'
import type { AttemptSummary } from '../../model/verdict.ts'
import { Block } from '../parts/block.tsx'
import { duration } from '../parts/format.ts'
import { Table } from '../parts/table.tsx'
import { armWord } from './arm-word.ts'
import { Ladders } from './attempts.tsx'
import type { CellPart } from './cell-part.ts'
import { alignStarts, decisiveStart, splitStarts, type AlignedLine, type Alignment } from './serial-lines.ts'

/** The candidate's machine beside the same machine without the candidate, from where they part. */
export function Compare({ detail }: CellPart) {
  const { verdict, controls } = detail
  const worst = worstAttempt(verdict.attempts)
  const control =
    controls.find(({ invalid, end }) => invalid === undefined && end === 'completed') ?? controls[0]
  if (worst === undefined) return <p class="muted">Nothing was tried with the candidate.</p>
  if (control === undefined)
    return <p class="muted">There is no control: nothing was tried without the candidate on this machine.</p>
  return (
    <>
      <Block title="How far each got">
        <Ladders attempts={[worst, control]} />
      </Block>
      <SerialBlock detail={detail} candidate={worst} control={control} />
      <Block title="Phases">
        <PhaseTable candidate={worst} control={control} />
      </Block>
    </>
  )
}

/** The first attempt on which something was found, else the first that counts. */
function worstAttempt(attempts: readonly AttemptSummary[]): AttemptSummary | undefined {
  return attempts.find(({ symptoms }) => symptoms.length > 0) ?? attempts[0]
}

function PhaseTable({
  candidate,
  control,
}: {
  readonly candidate: AttemptSummary
  readonly control: AttemptSummary
}) {
  const phases = [...new Set([...candidate.phases, ...control.phases].map(({ phase }) => phase))]
  const words = ({ phases: mine }: AttemptSummary, phase: string) => {
    const found = mine.filter((entry) => entry.phase === phase)
    if (found.length === 0) return <span class="muted">–</span>
    const took = found.reduce((sum, { startedAt, endedAt }) => sum + ((endedAt ?? startedAt) - startedAt), 0)
    const ends = [...new Set(found.map(({ end }) => end))]
    const bad = ends.some((end) => end !== 'done' && end !== 'skipped')
    return <span class={bad ? 'bad' : undefined}>{`${duration(took)}, ${ends.join(', ')}`}</span>
  }
  return (
    <Table
      head={['phase', armWord(candidate), armWord(control)]}
      rows={phases.map((phase) => [phase, words(candidate, phase), words(control, phase)])}
    />
  )
}

function serialOf(evidence: readonly PageEvidence[], { arm, attempt }: AttemptSummary): string | undefined {
  const mine = evidence.filter(
    (entry) => entry.arm === arm && entry.attempt === attempt && /serial/.test(entry.name) && entry.text,
  )
  return (mine.find(({ name }) => name === 'serial.log') ?? mine.at(-1))?.text
}

function SerialBlock({
  detail,
  candidate,
  control,
}: {
  readonly detail: CellDetail
  readonly candidate: AttemptSummary
  readonly control: AttemptSummary
}) {
  const alignment = useMemo(() => {
    const [mine, theirs] = [serialOf(detail.evidence, candidate), serialOf(detail.evidence, control)]
    if (mine === undefined || theirs === undefined) return undefined
    return alignStarts(decisiveStart(splitStarts(mine)), splitStarts(theirs).at(-1) ?? [])
  }, [detail, candidate, control])
  return (
    <Block title="Serial lines from where they part">
      {alignment === undefined ? (
        <p class="muted">
          The serial lines of both are not on this page: they are among the evidence, where they were saved.
        </p>
      ) : (
        <Aligned alignment={alignment} />
      )}
    </Block>
  )
}

/** Equal lines that stay visible before and after a difference. */
const CONTEXT = 4

function Aligned({ alignment }: { readonly alignment: Alignment }) {
  const { lines, firstDifference, parting } = alignment
  const [whole, showWhole] = useState(false)
  if (firstDifference === -1) return <p>Both say the same, but for times and addresses.</p>
  const pivot = parting === -1 ? firstDifference : parting
  const from = whole ? 0 : Math.max(0, pivot - CONTEXT)
  return (
    <>
      <p class="muted">
        {parting === -1
          ? `They differ first at line ${firstDifference + 1}, and end the same.`
          : `They say the same to line ${parting} of this start${firstDifference < parting ? ` (but for single lines, the first of them ${firstDifference + 1})` : ''}; then they part.`}{' '}
        Times, addresses and counts are not compared.
      </p>
      {whole || from === 0 ? null : (
        <button type="button" class="more" onClick={() => showWhole(true)}>
          show the {from} lines before
        </button>
      )}
      <div class="scroll serial" tabIndex={0} role="region" aria-label="Serial lines beside each other">
        <table>
          <thead>
            <tr>
              <th scope="col">candidate</th>
              <th scope="col">control</th>
            </tr>
          </thead>
          <tbody>{folded(lines, from, { firstDifference, parting })}</tbody>
        </table>
      </div>
    </>
  )
}

/** Rows from a place on; long runs of equal lines are one row. */
function folded(
  lines: readonly AlignedLine[],
  from: number,
  marks: Pick<Alignment, 'firstDifference' | 'parting'>,
) {
  const rows = []
  let stage: string | undefined
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at]!
    if (line.stage !== stage) {
      stage = line.stage
      rows.push(
        <tr key={`stage-${at}`} class="stage">
          <th colSpan={2} scope="rowgroup">
            {stage}
          </th>
        </tr>,
      )
    }
    let end = at
    while (lines[end]?.same === true && lines[end]?.stage === stage) end += 1
    if (end - at > 2 * CONTEXT + 2) {
      const hidden = end - at - 2 * CONTEXT
      for (let place = at; place < at + CONTEXT; place += 1) rows.push(rowOf(lines[place]!, place, marks))
      rows.push(
        <tr key={`equal-${at}`} class="equal">
          <td colSpan={2}>{`${hidden} equal lines`}</td>
        </tr>,
      )
      for (let place = end - CONTEXT; place < end; place += 1) rows.push(rowOf(lines[place]!, place, marks))
      at = end - 1
    } else rows.push(rowOf(line, at, marks))
  }
  return rows
}

function rowOf(
  line: AlignedLine,
  at: number,
  { firstDifference, parting }: Pick<Alignment, 'firstDifference' | 'parting'>,
) {
  const mark = at === parting ? 'parting' : at === firstDifference ? 'first' : undefined
  return (
    <tr key={at} class={[line.same ? 'same' : 'differs', mark].filter(Boolean).join(' ')}>
      <td class={line.candidate === undefined ? 'none' : undefined}>
        {mark === undefined ? null : (
          <b class="mark">{mark === 'parting' ? 'they part here' : 'first difference'}</b>
        )}
        {line.candidate}
      </td>
      <td class={line.control === undefined ? 'none' : undefined}>{line.control}</td>
    </tr>
  )
}
