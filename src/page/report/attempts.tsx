/** How far attempts got, and how long their phases took. */
import type { AttemptSummary } from '../../model/verdict.ts'
import { duration } from '../parts/format.ts'
import { MILESTONES } from '../parts/milestones.ts'
import { armWord } from './arm-word.ts'

/** Which milestone the last start of each attempt reached. */
export function Ladders({ attempts }: { readonly attempts: readonly AttemptSummary[] }) {
  return (
    <>
      {attempts
        .filter(({ milestone }) => milestone !== undefined)
        .map((attempt) => {
          const reached = MILESTONES.indexOf(attempt.milestone ?? '')
          return (
            <div class="ladder" key={armWord(attempt)}>
              <span>{armWord(attempt)}</span>
              <ol>
                {MILESTONES.map((step, index) => (
                  <li
                    key={step}
                    class={
                      index < reached || (index === reached && step === 'settled')
                        ? 'done'
                        : index === reached
                          ? 'last'
                          : undefined
                    }
                    aria-current={index === reached ? 'step' : undefined}
                  >
                    {step}
                  </li>
                ))}
              </ol>
            </div>
          )
        })}
    </>
  )
}

/** From so much of the width on a phase has room for its name. */
const NAMED_SHARE = 0.07

/** Phases of each attempt, all on one scale. */
export function Timelines({ attempts }: { readonly attempts: readonly AttemptSummary[] }) {
  const longest = Math.max(1, ...attempts.map(spanOf))
  return (
    <>
      {attempts.map((attempt) => (
        <Timeline key={armWord(attempt)} attempt={attempt} longest={longest} />
      ))}
    </>
  )
}

function Timeline({
  attempt,
  longest,
}: {
  readonly attempt: AttemptSummary
  /** Milliseconds that the whole width stands for. */
  readonly longest: number
}) {
  const span = spanOf(attempt)
  return (
    <div class="attempt">
      <div class="attempt-line">
        <b class="who">{armWord(attempt)}</b>
        <span class="time" aria-hidden="true">
          {attempt.phases.map(({ phase, startedAt, endedAt, end }, at) => {
            const start = startedAt - attempt.startedAt
            const lasted = endedAt === undefined ? Math.max(0, span - start) : endedAt - startedAt
            return (
              <i
                key={at}
                class={`e-${end}`}
                title={`${phase}: ${end}, ${duration(lasted)}`}
                style={{
                  left: `${(start / longest) * 100}%`,
                  width: `${Math.max(0.4, (lasted / longest) * 100)}%`,
                }}
              >
                {lasted / longest > NAMED_SHARE ? <span>{phase}</span> : null}
              </i>
            )
          })}
        </span>
        <span class="muted">
          {`${attempt.end}, ${duration(span)}${attempt.host === undefined ? '' : ` on ${attempt.host}`}`}
        </span>
      </div>
      {attempt.invalid === undefined ? null : <p class="alarm">{`Does not count: ${attempt.invalid}`}</p>}
      <ol class="phases">
        {attempt.phases.map(({ phase, startedAt, endedAt, end }, at) => (
          <li key={at} class={`e-${end}`}>
            {phase}{' '}
            <span class="muted">
              {`${endedAt === undefined ? 'open' : duration(endedAt - startedAt)}${end === 'done' ? '' : `, ${end}`}`}
            </span>
          </li>
        ))}
      </ol>
    </div>
  )
}

/** Milliseconds from the start of an attempt to the last that is known of it. */
function spanOf({ startedAt, endedAt, phases }: AttemptSummary): number {
  if (endedAt !== undefined) return endedAt - startedAt
  return Math.max(0, ...phases.map((phase) => (phase.endedAt ?? phase.startedAt) - startedAt))
}
