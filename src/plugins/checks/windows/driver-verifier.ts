/**
 * Driver Verifier is a value of the matrix like a product (a layer that runs `verifier /standard /driver X.sys` for the
 * candidate's own drivers): it is on before the candidate arrives, on both arms, over all starts and the soak. A
 * violation is a bug check 0xC4 that everything else sees; this check makes sure that it really watched, and that it
 * watched the candidate. What does not hold makes the attempt invalid: it is then neither red nor green.
 */
import type { LoadedCandidate } from '../../../model/candidate.ts'
import type { Check } from '../../../sdk/check.ts'
import type { ProtectionFacts } from '../../../sdk/windows-guest.ts'
import { askWindows } from './ask-windows.ts'
import { blind, expectation } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

type Verifier = ProtectionFacts['verifier']

export const windowsDriverVerifier: Check = {
  id: 'windows-driver-verifier',
  title: 'Driver Verifier watches what it was told to watch, and the candidate’s drivers',
  cannotSee:
    'violations themselves: they are bug checks, which `crash-records` names; drivers of candidates that the verifier was not told of make the attempt invalid',
  moments: EVERY_MOMENT,
  os: ['windows'],
  shows: ['profile-mismatch'],
  async run(target, ctx) {
    const subject = 'windows:driver-verifier'
    const looked = await askWindows(subject, target, (windows) => windows.protection(target.guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const { verifier } = looked.value
    if (target.moment === 'baseline') {
      target.memory.set('baseline', verifier)
      return []
    }
    const before = target.memory.get('baseline') as Verifier | undefined
    if (before === undefined) return [blind(subject, 'it was not looked at at the baseline')]
    if (isOff(before)) return []
    return [
      expectation('profile-mismatch', {
        subject,
        expected: describe(before),
        seen: isOff(verifier) ? 'off' : describe(verifier),
        holds: describe(before) === describe(verifier),
      }),
      ...driverFiles(target.candidate).map((name) =>
        expectation('profile-mismatch', {
          subject: `${subject}:${name}`,
          expected: 'watched',
          seen: watches(before, name) ? 'watched' : `not watched: ${describe(before)}`,
          holds: watches(before, name),
        }),
      ),
    ]
  },
}

/** Names of the candidate's drivers, in lower case; a driver that lies in several folders counts once. */
function driverFiles(candidate: LoadedCandidate | undefined): readonly string[] {
  const names = (candidate?.files ?? []).map(({ path }) => (path.split(/[\\/]/).at(-1) ?? path).toLowerCase())
  return [...new Set(names.filter((name) => name.endsWith('.sys')))]
}

/** `*` is what `verifier /all` leaves. */
function watches(verifier: Verifier, name: string): boolean {
  return verifier.drivers.some((driver) => driver === '*' || driver.toLowerCase() === name)
}

function isOff(verifier: Verifier): boolean {
  return verifier.drivers.length === 0
}

function describe(verifier: Verifier): string {
  return `flags ${verifier.flags} on ${[...verifier.drivers].sort().join(', ')}`
}
