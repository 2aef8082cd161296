/** Safe mode with the candidate in: the last place from which a person can take it out again. */
import type { Check } from '../../../sdk/check.ts'
import { expectation, look } from '../shared/look.ts'

export const windowsSafeMode: Check = {
  id: 'windows-safe-mode',
  title: 'safe mode still starts, and programs start in it',
  cannotSee: 'anything where the provider cannot start safe mode; the check is not needed for a verdict',
  moments: ['after-soak'],
  os: ['windows'],
  shows: ['app-launch-failure'],
  needed: false,
  start: 'safe',
  async run({ os, guest }, ctx) {
    const subject = 'safe-mode:programs'
    const looked = await look(subject, () => os.launch(guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const { ok, detail } = looked.value
    return [
      expectation('app-launch-failure', {
        subject,
        expected: 'a program starts and answers in safe mode',
        seen: ok ? 'it started' : detail,
        holds: ok,
      }),
    ]
  },
}
