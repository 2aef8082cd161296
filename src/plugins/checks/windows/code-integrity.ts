/** Images that code integrity refused since the baseline. */
import type { Check } from '../../../sdk/check.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'
import { newEventRecords } from './new-event-records.ts'

/** Blocked (3004, 3023, 3033, 3077, 3111), and would be blocked if the policy were enforced (3076); ids from Microsoft's App Control documentation. */
const BLOCKED = new Set([3004, 3023, 3033, 3076, 3077, 3087, 3111])

export const windowsCodeIntegrity: Check = {
  id: 'windows-code-integrity',
  title: 'code integrity refuses nothing',
  cannotSee: 'images that nothing tried to load',
  moments: EVERY_MOMENT,
  os: ['windows'],
  shows: ['code-integrity-block'],
  run: (target, ctx) =>
    newEventRecords(
      'windows:code-integrity',
      'code-integrity-block',
      ({ provider, eventId }) => provider === 'Microsoft-Windows-CodeIntegrity' && BLOCKED.has(eventId),
      target,
      ctx,
    ),
}
