/** Applications start: a machine that boots and cannot start a program is of no use to anybody. */
import type { Check } from '../../../sdk/check.ts'
import { expectation, look } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

export const launch: Check = {
  id: 'launch',
  title: 'a program starts and answers',
  cannotSee: 'programs of customers: it starts one of the system',
  moments: EVERY_MOMENT,
  os: ['linux', 'windows'],
  shows: ['app-launch-failure', 'perf-regression', 'rollback-incomplete'],
  async run(target, ctx) {
    const looked = await look('launch', () => target.os.launch(target.guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const { ok, milliseconds, detail } = looked.value
    const starts = expectation(
      target.moment === 'after-rollback' ? 'rollback-incomplete' : 'app-launch-failure',
      {
        subject: 'launch:program',
        expected: 'it starts and answers',
        seen: ok ? 'it does' : detail,
        holds: ok,
      },
    )
    if (!ok) return [starts]
    return [
      starts,
      {
        kind: 'measure',
        name: `launch:${target.moment}`,
        value: milliseconds,
        unit: 'ms',
        better: 'lower',
        symptom: 'perf-regression',
        floorShare: 0.5,
        floorValue: 250,
      },
    ]
  },
}
