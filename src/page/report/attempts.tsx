/** How far the attempts of a cell got, and how long their phases took. */
import type { AttemptSummary, Outcome } from '../../model/verdict.ts'
import { duration } from '../parts/format.ts'

const MILESTONES = ['power', 'firmware', 'loader', 'kernel', 'agent', 'session', 'services', 'settled']

/** `candidate`, `control 2`. */
export function armWord({ arm, attempt }: { readonly arm: string; readonly attempt: number }): string {
  return `${arm}${attempt > 1 ? ` ${attempt}` : ''}`
}

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

/** Phases of each attempt, all on one scale. */
export function Timelines({
  attempts,
  outcome,
}: {
  readonly attempts: readonly AttemptSummary[]
  readonly outcome: Outcome
}) {
  const longest = Math.max(1, ...attempts.map(spanOf))
  return (
    <>
      {attempts.map((attempt) => (
        <Timeline
          key={armWord(attempt)}
          attempt={attempt}
          longest={longest}
          open={attempt.arm === 'candidate' && outcome !== 'pass'}
        />
      ))}
    </>
  )
}

function Timeline({
  attempt,
  longest,
  open,
}: {
  readonly attempt: AttemptSummary
  /** Milliseconds that the whole width stands for. */
  readonly longest: number
  readonly open: boolean
}) {
  const span = spanOf(attempt)
  return (
    <details class="attempt" open={open}>
      <summary>
        <span class="who">{armWord(attempt)}</span>
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
                  width: `${Math.max(0.6, (lasted / longest) * 100)}%`,
                }}
              />
            )
          })}
        </span>
        <span class="muted">{`${attempt.end}, ${duration(span)}${attempt.host === undefined ? '' : ` on ${attempt.host}`}`}</span>
      </summary>
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
    </details>
  )
}

/** Milliseconds from the start of an attempt to the last that is known of it. */
function spanOf({ startedAt, endedAt, phases }: AttemptSummary): number {
  if (endedAt !== undefined) return endedAt - startedAt
  return Math.max(0, ...phases.map((phase) => (phase.endedAt ?? phase.startedAt) - startedAt))
}
