/** A machine that does not do with its power what was asked of it: goes off by itself, does not restart, does not go or stay off. */
import type { AttemptState } from '../../model/run-state.ts'
import type { SymptomClass } from '../../model/symptom.ts'
import { observationsOf, seenAfterInstall, type ObservationOf } from '../attempt-view.ts'
import { makeFinding, type Finding } from '../finding.ts'

type Power = ObservationOf<'power'>['fact']

const ASKED: Readonly<Record<Power['asked'], string>> = {
  nothing: 'a machine that runs on',
  restart: 'a restart',
  off: 'a machine that goes off and stays off',
}
const DID: Readonly<Record<Power['did'], string>> = {
  off: 'it went off',
  restart: 'it started again',
  nothing: 'it ran on',
}

/** Findings from the host's view of the power switch; what the recovery ladder does is its own business. */
export function powerSymptoms(attempt: AttemptState): Finding[] {
  const told = observationsOf(attempt, 'power').filter(({ phase }) => phase !== 'recover')
  return told.map((observation) => {
    const { asked, did, detail, milestone, bootOrdinal } = observation.fact
    const request =
      asked === 'nothing' ? 'although this was not asked for' : `when it was asked for ${ASKED[asked]}`
    return makeFinding({
      class: classOf(observation.fact),
      code: `${asked}-${did}`,
      milestone,
      summary: `${DID[did]} ${request} (start ${bootOrdinal}, at ${milestone})`,
      seen: detail,
      expected: ASKED[asked],
      observation,
      afterInstall: seenAfterInstall(attempt, observation),
      basis: { kind: 'machine' },
    })
  })
}

function classOf({ asked, did }: Power): SymptomClass {
  if (asked === 'off') return 'power-off-failed'
  return did === 'off' ? 'unexpected-power-off' : 'restart-ignored'
}
