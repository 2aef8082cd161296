/** Phases that ran into their deadline although nothing else explains it: the residue, kept apart from hard crashes. */
import type { Phase } from '../../model/phase.ts'
import type { AttemptState } from '../../model/run-state.ts'
import type { SymptomClass } from '../../model/symptom.ts'
import { seenAfterInstall } from '../attempt-view.ts'
import { makeFinding, type Finding } from '../finding.ts'

const MEANING: Partial<Record<Phase, SymptomClass>> = {
  boot: 'boot-hang',
  baseline: 'agent-silent',
  install: 'install-failed',
  check: 'agent-silent',
  restart: 'boot-hang',
  soak: 'hang-after-soak',
  rollback: 'rollback-incomplete',
}

/** `explained` are the phases in which a rule has already found a failure. */
export function deadlineSymptoms(attempt: AttemptState, explained: ReadonlySet<string>): Finding[] {
  return attempt.phases.flatMap((entry) => {
    const symptom = MEANING[entry.phase]
    if (entry.end !== 'deadline' || symptom === undefined || explained.has(entry.phase)) return []
    const observation = {
      at: entry.endedAt ?? entry.startedAt,
      phase: entry.phase,
      source: 'watch',
      fact: { kind: 'blind' as const, subject: entry.phase, reason: 'deadline' },
      evidence: [],
    }
    return [
      makeFinding({
        class: symptom,
        code: 'deadline',
        argumentClass: entry.phase,
        summary: `the phase ${entry.phase} was not done before its deadline, and nothing else says why`,
        seen: 'no end of the phase',
        expected: 'an end before the deadline',
        observation,
        afterInstall: seenAfterInstall(attempt, observation),
        basis: { kind: 'machine' },
      }),
    ]
  })
}
