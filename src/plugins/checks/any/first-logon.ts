/**
 * A user who never was on this machine can sign in. People who already have a profile notice nothing of an update that breaks
 * this, as the Windows updates of 2025 after which a first session had no Start menu.
 */
import type { Fact } from '../../../model/observation.ts'
import type { SymptomClass } from '../../../model/symptom.ts'
import type { Check } from '../../../sdk/check.ts'
import { expectation, look } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

export const firstLogon: Check = {
  id: 'first-logon',
  title: 'a new user can sign in',
  cannotSee:
    'the desktop of the new user: its session runs a command, and on Windows it is the session of a task; accounts of a directory, and domain controllers, which have no others',
  moments: EVERY_MOMENT,
  // The profile of a new Windows user is made in a minute, and taken away in another.
  seconds: 150,
  os: ['linux', 'windows'],
  shows: ['logon-failed', 'perf-regression', 'rollback-incomplete'],
  async run({ os, guest, moment }, ctx) {
    const looked = await look('logon:session', async () => await os.firstLogon?.(guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    if (looked.value === undefined) return []
    const { outcome, milliseconds, detail, left } = looked.value
    const symptom: SymptomClass = moment === 'after-rollback' ? 'rollback-incomplete' : 'logon-failed'
    // A product that lets nobody add an account does so on the control, too, and is no broken logon: it has a subject of its own.
    const account = expectation(symptom, {
      subject: 'logon:account',
      expected: 'a new account can be made',
      seen: outcome === 'refused' ? `it is refused: ${detail}` : 'it can',
      holds: outcome !== 'refused',
    })
    const removed = expectation(symptom, {
      subject: 'logon:removal',
      expected: 'nothing of the account is left when it is taken away',
      seen: left.length === 0 ? 'nothing is' : left.join(', '),
      holds: left.length === 0,
    })
    if (outcome === 'refused') return [account, removed]
    const session = expectation(symptom, {
      subject: 'logon:session',
      expected: 'its session opens in its own new home, and ends',
      seen: outcome === 'signed-in' ? 'it does' : detail,
      holds: outcome === 'signed-in',
    })
    const facts: Fact[] = [account, session, removed]
    if (outcome === 'signed-in')
      facts.push({
        kind: 'measure',
        name: `first-logon:${moment}`,
        value: milliseconds,
        unit: 'ms',
        better: 'lower',
        symptom: 'perf-regression',
        // Whoever signs in waits anyway: seconds are noticed, not shares of one.
        floorShare: 1,
        floorValue: 5000,
      })
    return facts
  },
}
