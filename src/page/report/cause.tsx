import type { PageEvidence } from '../../model/report-page.ts'
import type { Symptom } from '../../model/symptom.ts'
import { Block } from '../parts/block.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { percent } from '../parts/format.ts'
import { Interval } from '../parts/interval.tsx'
import type { CellPart } from './cell-part.ts'
import { readPanic, type PanicText } from '../../model/panic-text.ts'
import { cellHref } from './route.ts'
import { DEATH, decisiveStart, splitStarts } from './serial-lines.ts'

/** What happened: the hardest fact first, with and without the candidate, what brought it back. */
export function Cause({ run, cell, detail }: CellPart) {
  const { verdict } = detail
  const order = run.problemsOf(cell).map(({ signature }) => signature)
  const symptoms = verdict.symptoms.toSorted(
    (a, b) => order.indexOf(a.signature) - order.indexOf(b.signature),
  )
  return (
    <>
      <Block title="With and without the candidate">
        <Rates detail={detail} />
      </Block>
      <Block title={verdict.symptoms.length > 1 ? 'Symptoms' : 'Symptom'} when={verdict.symptoms.length > 0}>
        {symptoms.map((symptom, at) => (
          <SymptomCard key={at} {...{ run, cell, detail, symptom }} />
        ))}
      </Block>
      <Block title="Also without the candidate" when={verdict.preExisting.length > 0}>
        {verdict.preExisting.map((symptom, at) => (
          <SymptomCard key={at} {...{ run, cell, detail, symptom }} />
        ))}
      </Block>
      <Judgement detail={detail} />
      <Block title="What this cell is for" when={detail.purpose !== ''}>
        <p>{detail.purpose}</p>
      </Block>
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

function Rates({ detail: { verdict } }: Pick<CellPart, 'detail'>) {
  const { control, failing, valid, rateLow, rateHigh } = verdict
  const bounds = `${percent(rateLow)} … ${percent(rateHigh)}`
  return (
    <>
      <p class="rate">
        <span>with</span>
        <b class={failing > 0 ? 'bad' : 'good'}>{`${failing} of ${valid} failed`}</b>
        <Interval low={rateLow} high={rateHigh} />
        <span class="muted">{`true rate ${bounds} (95 %)`}</span>
      </p>
      <p class="rate">
        <span>without</span>
        <b class={control.failing > 0 ? 'bad' : 'good'}>{`${control.failing} of ${control.valid} failed`}</b>
        <span class="muted">
          {control.valid === 0 ? 'nothing to compare with' : control.cached ? 'shared control' : ''}
        </span>
      </p>
    </>
  )
}

/** Other cells that are named. */
const SAME_SHOWN = 8

function SymptomCard({ run, cell, detail, symptom }: CellPart & { readonly symptom: Symptom }) {
  const problem = run.problemsOf(cell).find(({ signature }) => signature === symptom.signature)
  const same = (problem?.cells ?? [])
    .flatMap((place) => run.cells[place] ?? [])
    .filter(({ id }) => id !== cell.id)
  const death = deathOf(symptom, detail.evidence)
  const where = ` in ${symptom.phase}${symptom.milestone === undefined ? '' : `, at ${symptom.milestone}`}`
  return (
    <article class={`symptom s-${symptom.severity}`}>
      <h4>
        <b>{symptom.class}</b>
        <span class="muted">{`${where}${symptom.severity === 'warn' ? ', warning' : ''}`}</span>
        {problem?.since === undefined ? null : <span class={`since ${problem.since}`}>{problem.since}</span>}
      </h4>
      <p class="summary">{symptom.summary}</p>
      {death === undefined ? null : <Panic {...death} />}
      <dl class="pair">
        {death === undefined ? (
          <>
            <dt>seen</dt>
            <dd>{symptom.seen.replaceAll(' · ', '\n') || '–'}</dd>
          </>
        ) : null}
        <dt>expected</dt>
        <dd>{symptom.expected || '–'}</dd>
      </dl>
      <p class="signature">
        <code title="signature: equal failures have equal signatures">{symptom.signature}</code>{' '}
        <CopyButton what="signature" text={symptom.signature} />
      </p>
      {same.length === 0 ? null : (
        <p class="muted">
          {`the same on ${same.length} more: `}
          {same.slice(0, SAME_SHOWN).map(({ id }) => (
            <a key={id} class="pill" href={cellHref(id)}>
              {id.slice(0, 7)}
            </a>
          ))}
          {same.length > SAME_SHOWN ? ' …' : ''}
        </p>
      )}
    </article>
  )
}

/**
 * What the kernel said when it died, with its frames: of the evidence that the symptom rests on, else of what is told of it.
 * A stop code of Windows comes without frames; its few lines are told as they are.
 */
function deathOf(
  { class: name, seen, evidence }: Symptom,
  saved: readonly PageEvidence[],
): PanicText | undefined {
  if (name !== 'panic' && name !== 'bugcheck') return undefined
  const said = saved
    .filter(({ id, text }) => evidence.includes(id) && text !== undefined)
    .map(({ text }) => decisiveStart(splitStarts(text ?? '')))
    .findLast((lines) => lines.some((line) => DEATH.test(line)))
  const text = said?.slice(said.findIndex((line) => DEATH.test(line))).join('\n')
  const panic = readPanic(text ?? seen.replaceAll(' · ', '\n'))
  return panic.frames.length === 0 ? undefined : panic
}

/** The frames of a kernel's death before its registers. */
function Panic({ head, frames, rest }: PanicText) {
  return (
    <div class="panic">
      <pre tabIndex={0} aria-label="What the kernel said, and its frames">
        {[...head, ...(frames.length === 0 ? [] : ['', ...frames])].join('\n')}
      </pre>
      {rest.length === 0 ? null : (
        <details>
          <summary>registers and the rest ({rest.length} lines)</summary>
          <pre tabIndex={0}>{rest.join('\n')}</pre>
        </details>
      )}
    </div>
  )
}

/** What else went into the verdict: recovery, waiver, checks that could not look. */
function Judgement({ detail: { verdict } }: Pick<CellPart, 'detail'>) {
  const { recovery, waiver, blind } = verdict
  return (
    <>
      {recovery === undefined ? null : (
        <Block title="Recovery">
          <p>
            {recovery.broughtBack ? (
              <>
                <b class="good">✓ {recovery.step}</b> brought the machine back.
              </>
            ) : (
              <>
                <b class="bad">✗ No step</b> brought the machine back; the last was {recovery.step}.
              </>
            )}
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
