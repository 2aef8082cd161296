/** What a reader of the report sees of one attempt. */
import type { AttemptState, PhaseState } from '../model/run-state.ts'
import type { AttemptSummary, StartSummary } from '../model/verdict.ts'
import { judgedBoots, observationsOf } from './attempt-view.ts'
import { settledStarts } from './evidence-gaps.ts'
import type { Finding } from './finding.ts'

/** Sums one attempt up; `milestone` is how far its last start got. */
export function attemptSummary(
  attempt: AttemptState,
  findings: readonly Finding[],
  invalid: string | undefined,
): AttemptSummary {
  const milestone = judgedBoots(attempt).at(-1)?.fact.milestone
  return {
    arm: attempt.arm,
    attempt: attempt.attempt,
    end: attempt.end ?? 'open',
    host: attempt.host,
    startedAt: attempt.startedAt,
    ...(attempt.endedAt === undefined ? {} : { endedAt: attempt.endedAt }),
    symptoms: [...new Set(findings.map(({ symptom }) => symptom.signature))],
    ...(milestone === undefined ? {} : { milestone }),
    starts: attempt.arm === 'candidate' ? settledStarts(attempt, 'restart') : 0,
    ...(findings.length === 0 ? {} : { boots: startsOf(attempt) }),
    ...(invalid === undefined ? {} : { invalid }),
    phases: attempt.phases.map(phaseSummary),
  }
}

/** Most phases have an end: these are shared with the attempt, which is a third of what a large run keeps in memory. */
function phaseSummary(phase: PhaseState): AttemptSummary['phases'][number] {
  return phase.end === undefined
    ? { ...phase, end: 'open' }
    : (phase as PhaseState & { readonly end: string })
}

function startsOf(attempt: AttemptState): StartSummary[] {
  return observationsOf(attempt, 'boot').map(({ fact }) => ({
    ordinal: fact.ordinal,
    cause: fact.cause,
    milestone: fact.milestone,
    ended: fact.ended,
    ...(fact.readyMs === undefined ? {} : { readyMs: fact.readyMs }),
    ...(fact.settledMs === undefined ? {} : { settledMs: fact.settledMs }),
  }))
}
