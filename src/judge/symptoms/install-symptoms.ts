/** What installers reported, and which recovery step of the recovery ladder brought a dead machine back. */
import type { AttemptState } from '../../model/run-state.ts'
import type { SymptomClass } from '../../model/symptom.ts'
import { observationsOf, seenAfterInstall, type ObservationOf } from '../attempt-view.ts'
import { makeFinding, type Finding } from '../finding.ts'

/** Findings from install, verify, remove and stimulus steps, and from a ladder of which no recovery step helped. */
export function installSymptoms(attempt: AttemptState): Finding[] {
  const steps = observationsOf(attempt, 'install').flatMap((observation) => {
    const named = classOfStep(observation.fact)
    if (named === undefined) return []
    const exit = observation.fact.exitCode
    const proven = named === 'update-not-applied' && isProven(attempt, observation)
    return [
      makeFinding({
        class: named,
        severity: proven ? 'warn' : 'fail',
        code: exit === undefined ? observation.fact.outcome : `exit ${exit}`,
        argumentClass: observation.fact.step,
        summary: `${observation.fact.step} ended as ${observation.fact.outcome}${exit === undefined ? '' : ` with exit code ${exit}`}`,
        seen: proven ? `its proofs hold all the same; ${observation.fact.detail}` : observation.fact.detail,
        expected: `${observation.fact.step} succeeds`,
        observation,
        afterInstall: seenAfterInstall(attempt, observation),
        basis: { kind: 'machine' as const },
      }),
    ]
  })
  return [...steps, ...ladderFinding(attempt)]
}

/** The recovery step that brought the machine back, or the last step that was tried; undefined when the ladder was not needed. */
export function recoveryOf(
  attempt: AttemptState,
): { readonly step: string; readonly broughtBack: boolean } | undefined {
  const steps = observationsOf(attempt, 'recovery').map(({ fact }) => fact)
  const best = steps.find(({ broughtBack }) => broughtBack) ?? steps.at(-1)
  return best === undefined ? undefined : { step: best.step, broughtBack: best.broughtBack }
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

/**
 * What was looked for in the guest after the installation and found there is not overruled by the installer's exit code: some
 * end with a code of their own where there was nothing to do. What was there before the candidate came proves nothing, nor does
 * what the recipe itself put there: a proven file or driver package must have changed in this machine while it was installed.
 */
function isProven(attempt: AttemptState, { at, fact, source }: ObservationOf<'install'>): boolean {
  if (fact.step !== 'apply') return false
  const proofs = observationsOf(attempt, 'expectation').filter(
    (observation) =>
      observation.source === source &&
      observation.at >= at &&
      observation.fact.severity === 'fail' &&
      observation.fact.subject.startsWith('installed:'),
  )
  const changed = observationsOf(attempt, 'change').flatMap(({ fact: change }) =>
    change.moment === 'after-install' && change.expected && change.what !== 'gone'
      ? [comparable(change.item)]
      : [],
  )
  return proofs.every((proof) => proof.fact.holds) && proofs.some((proof) => isNews(proof, changed))
}

/**
 * Whether what is proven is among what changed. That a service runs, a product code is known or a system has a build may have been
 * so before; a placed file came by the recipe and says nothing of the installer.
 */
function isNews({ fact }: ObservationOf<'expectation'>, changed: readonly string[]): boolean {
  const [, kind, name = ''] = /^installed:(file|version|driver-package):(.*)$/s.exec(fact.subject) ?? []
  if (kind === undefined || (kind === 'file' && !fact.expected.startsWith('sha256 '))) return false
  const wanted = comparable(name)
  return changed.some((item) =>
    kind === 'driver-package' ? item.split('/').some((part) => part.startsWith(wanted)) : item === wanted,
  )
}

/** Paths of Windows are written with either slash and in any case. */
function comparable(path: string): string {
  return path.replaceAll('\\', '/').toLowerCase()
}

function ladderFinding(attempt: AttemptState): Finding[] {
  const steps = observationsOf(attempt, 'recovery')
  const last = steps.at(-1)
  if (last === undefined || steps.some(({ fact }) => fact.broughtBack)) return []
  return [
    makeFinding({
      class: 'recovery-impossible',
      code: steps.map(({ fact }) => fact.step).join('+'),
      summary: `none of ${steps.length} recovery steps brought the machine back`,
      seen: steps.map(({ fact }) => `${fact.step}: ${fact.detail}`).join('; '),
      expected: 'a machine that comes back after one of the recovery steps',
      observation: last,
      afterInstall: seenAfterInstall(attempt, last),
      basis: { kind: 'machine' },
    }),
  ]
}
