/** What installers reported, and which rung of the recovery ladder brought a dead machine back. */
import type { AttemptState } from '../../model/run-state.ts'
import type { SymptomClass } from '../../model/symptom.ts'
import { observationsOf, seenAfterInstall, type ObservationOf } from '../attempt-view.ts'
import { makeFinding, type Finding } from '../finding.ts'

/** Findings from install, verify, remove and stimulus steps, and from a ladder of which no rung helped. */
export function installSymptoms(attempt: AttemptState): Finding[] {
  const steps = observationsOf(attempt, 'install').flatMap((observation) => {
    const named = classOfStep(observation.fact)
    if (named === undefined) return []
    const exit = observation.fact.exitCode
    return [
      makeFinding({
        class: named,
        code: exit === undefined ? observation.fact.outcome : `exit ${exit}`,
        argumentClass: observation.fact.step,
        summary: `${observation.fact.step} ended as ${observation.fact.outcome}${exit === undefined ? '' : ` with exit code ${exit}`}`,
        seen: observation.fact.detail,
        expected: `${observation.fact.step} succeeds`,
        observation,
        afterInstall: seenAfterInstall(attempt, observation),
        yardstick: { kind: 'machine' as const },
      }),
    ]
  })
  return [...steps, ...ladderFinding(attempt)]
}

/** The rung that brought the machine back, or the last one that was tried; undefined when the ladder was not needed. */
export function recoveryOf(
  attempt: AttemptState,
): { readonly rung: string; readonly broughtBack: boolean } | undefined {
  const rungs = observationsOf(attempt, 'recovery').map(({ fact }) => fact)
  const best = rungs.find(({ broughtBack }) => broughtBack) ?? rungs.at(-1)
  return best === undefined ? undefined : { rung: best.rung, broughtBack: best.broughtBack }
}

/** `retry` (another installation is in progress) and `reboot` are no symptoms; the first is no proof of success either. */
function classOfStep(fact: ObservationOf<'install'>['fact']): SymptomClass | undefined {
  if (fact.outcome === 'ok' || fact.outcome === 'reboot' || fact.outcome === 'retry') return undefined
  if (fact.outcome === 'rolled-back') return 'install-rolled-back'
  if (fact.outcome === 'quarantined') return 'false-positive-quarantine'
  if (fact.step === 'remove') return 'rollback-incomplete'
  if (fact.step === 'stimulus') return 'service-degraded'
  if (fact.step === 'verify' || fact.outcome === 'not-applied') return 'update-not-applied'
  return 'install-failed'
}

function ladderFinding(attempt: AttemptState): Finding[] {
  const rungs = observationsOf(attempt, 'recovery')
  const last = rungs.at(-1)
  if (last === undefined || rungs.some(({ fact }) => fact.broughtBack)) return []
  return [
    makeFinding({
      class: 'recovery-impossible',
      code: rungs.map(({ fact }) => fact.rung).join('+'),
      summary: `none of ${rungs.length} recovery steps brought the machine back`,
      seen: rungs.map(({ fact }) => `${fact.rung}: ${fact.detail}`).join('; '),
      expected: 'a machine that comes back after one of the recovery steps',
      observation: last,
      afterInstall: seenAfterInstall(attempt, last),
      yardstick: { kind: 'machine' },
    }),
  ]
}
