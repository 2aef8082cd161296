/** Machines that stand still, and screens that only a person could leave. */
import { MILESTONES } from '../../model/phase.ts'
import type { AttemptState } from '../../model/run-state.ts'
import type { SymptomClass } from '../../model/symptom.ts'
import { observationsOf, seenAfterInstall, type ObservationOf } from '../attempt-view.ts'
import { makeFinding, type Finding } from '../finding.ts'

/** Findings from hangs and stuck screens; those of the recovery ladder are the ladder's own business. */
export function hangSymptoms(attempt: AttemptState): Finding[] {
  const hangs = observationsOf(attempt, 'hang').filter(({ phase }) => phase !== 'recover')
  const stuck = observationsOf(attempt, 'stuck').filter(({ phase }) => phase !== 'recover')
  return [
    ...hangs.map((observation) =>
      makeFinding({
        class: classOfHang(observation),
        code: observation.fact.mechanism,
        milestone: observation.fact.milestone,
        summary: `the machine hangs at ${observation.fact.milestone} (${observation.fact.mechanism})`,
        seen: observation.fact.detail,
        expected: 'a machine that answers',
        observation,
        afterInstall: seenAfterInstall(attempt, observation),
        basis: { kind: 'machine' },
      }),
    ),
    ...stuck.map((observation) =>
      makeFinding({
        class: classOfScreen(observation.fact.where),
        code: observation.fact.where,
        summary: `start ${observation.fact.bootOrdinal} ended at a screen that only a person can leave: ${observation.fact.where}`,
        seen: observation.fact.detail,
        expected: 'a start without a person',
        observation,
        afterInstall: seenAfterInstall(attempt, observation),
        basis: { kind: 'machine' },
      }),
    ),
  ]
}

function classOfHang({ phase, fact }: ObservationOf<'hang'>): SymptomClass {
  if (fact.mechanism === 'logon') return 'logon-hang'
  if (phase === 'soak') return 'hang-after-soak'
  if (MILESTONES.indexOf(fact.milestone) < MILESTONES.indexOf('agent')) return 'boot-hang'
  return 'agent-silent'
}

function classOfScreen(where: ObservationOf<'stuck'>['fact']['where']): SymptomClass {
  if (where === 'bitlocker-recovery') return 'bitlocker-recovery'
  return where === 'recovery' || where === 'safe-mode' ? 'recovery-entry' : 'boot-hang'
}
