/**
 * Driver Verifier is a value of the matrix like a product (a layer that runs `verifier /standard /driver X.sys` for the
 * candidate's own drivers): it is on before the candidate arrives, on both arms, over all starts and the soak. A
 * violation is a bug check 0xC4 that everything else sees; this check makes sure that it really watched.
 */
import type { Check } from '../../sdk/check.ts'
import type { ProtectionFacts } from '../../sdk/windows-guest.ts'
import { askWindows } from './ask-windows.ts'
import { blind, expectation } from './look.ts'
import { EVERY_MOMENT } from './moments.ts'

type Verifier = ProtectionFacts['verifier']

export const windowsDriverVerifier: Check = {
  id: 'windows-driver-verifier',
  title: 'Driver Verifier watches what it was told to watch',
  moments: EVERY_MOMENT,
  dialects: ['windows'],
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
    ]
  },
}

function isOff(verifier: Verifier): boolean {
  return verifier.drivers.length === 0
}

function describe(verifier: Verifier): string {
  return `flags ${verifier.flags} on ${[...verifier.drivers].sort().join(', ')}`
}
