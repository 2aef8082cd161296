import type { PageEvidence } from '../../model/report-page.ts'
import type { AttemptSummary, StartSummary } from '../../model/verdict.ts'
import { Block } from '../parts/block.tsx'
import { duration } from '../parts/format.ts'
import { MILESTONES } from '../parts/milestones.ts'
import { Picture } from '../parts/picture.tsx'
import { Timelines } from './attempts.tsx'
import { armWord } from './arm-word.ts'
import type { CellPart } from './cell-part.ts'

/** Each start as a picture of a strip, then the phases of both arms on one scale. */
export function Starts({ detail }: CellPart) {
  const { verdict, controls, evidence } = detail
  return (
    <>
      {verdict.attempts.map((attempt) => (
        <Block key={attempt.attempt} title={`Starts of ${armWord(attempt)}`}>
          <Strip attempt={attempt} evidence={evidence.filter((entry) => isOf(entry, attempt))} />
        </Block>
      ))}
      <Block title="Phases">
        <Timelines attempts={[...verdict.attempts, ...controls]} />
      </Block>
    </>
  )
}

function isOf(entry: PageEvidence, { arm, attempt }: AttemptSummary): boolean {
  return entry.arm === arm && entry.attempt === attempt
}

function Strip({
  attempt,
  evidence,
}: {
  readonly attempt: AttemptSummary
  readonly evidence: readonly PageEvidence[]
}) {
  const screens = evidence.filter(({ image }) => image !== undefined)
  const placed = new Map(screens.map((screen) => [startOf(screen), screen]))
  const loose = screens.filter((screen) => startOf(screen) === undefined)
  if (attempt.boots === undefined || attempt.boots.length === 0)
    return attempt.starts === undefined || attempt.starts === 0 ? (
      <p class="muted">No start is on record.</p>
    ) : (
      <p>{`${attempt.starts} starts, all of which settled.`}</p>
    )
  return (
    <ol class="strip">
      {attempt.boots.map((start) => (
        <Start key={start.ordinal} start={start} screen={placed.get(start.ordinal)} />
      ))}
      {loose.map((screen) => (
        <li key={screen.id} class="frame">
          <Picture source={screen.image ?? ''} words={`screen in ${screen.phase}`} />
          <p>
            <b>{screen.name}</b> <span class="muted">in {screen.phase}</span>
          </p>
        </li>
      ))}
    </ol>
  )
}

/** `screen-crash-2.png` belongs to start 2. */
function startOf({ name }: PageEvidence): number | undefined {
  const found = /-(\d+)\.png$/.exec(name)?.[1]
  return found === undefined ? undefined : Number(found)
}

const CAUSES: Readonly<Record<string, string>> = {
  start: 'first start',
  restored: 'restored',
  'asked-restart': 'asked restart',
  'unexpected-reset': 'restarted by itself',
  recovery: 'recovery',
}

function Start({
  start,
  screen,
}: {
  readonly start: StartSummary
  readonly screen: PageEvidence | undefined
}) {
  const good = start.ended === 'settled'
  const reached = MILESTONES.indexOf(start.milestone)
  return (
    <li class={`frame ${good ? 'settled' : 'died'}`}>
      {screen?.image === undefined ? (
        <div class="no-picture" aria-hidden="true">
          {good ? '✓' : '✗'}
        </div>
      ) : (
        <Picture source={screen.image} words={`screen of start ${start.ordinal}`} />
      )}
      <p>
        <b>start {start.ordinal}</b> <span class="muted">{CAUSES[start.cause] ?? start.cause}</span>
      </p>
      <p class="steps" role="img" aria-label={`reached ${start.milestone}`}>
        {MILESTONES.map((step, at) => (
          <i key={step} class={at <= reached ? 'done' : undefined} title={step} />
        ))}
      </p>
      <p>
        <b class={good ? 'good' : 'bad'}>{start.ended}</b>
        <span class="muted">
          {`${start.milestone === start.ended ? '' : ` at ${start.milestone}`}${start.readyMs === undefined ? '' : `, ready in ${duration(start.readyMs)}`}`}
        </span>
      </p>
    </li>
  )
}
