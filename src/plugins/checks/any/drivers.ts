/** Kernel modules or drivers: a module that is gone was blocked, unloaded or failed to load. The judge takes off what the control lost, too. */
import type { Check } from '../../../sdk/check.ts'
import { look } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

const MOST = 2000

export const drivers: Check = {
  id: 'drivers',
  title: 'no driver is gone',
  cannotSee: 'a driver that is loaded and does not work; items above 2,000',
  moments: EVERY_MOMENT,
  os: ['linux', 'windows'],
  shows: ['driver-load-failure', 'rollback-incomplete'],
  async run(target, ctx) {
    const looked = await look('drivers', () => target.os.drivers(target.guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const names = [...looked.value.keys()].filter((name) => name.length <= 1024).sort()
    const kept = names.slice(0, MOST)
    return [
      {
        kind: 'inventory',
        subject: 'drivers',
        moment: target.moment,
        items: Object.fromEntries(kept.map((name) => [name, looked.value.get(name) ?? {}])),
        cut: names.length - kept.length,
      },
    ]
  },
}
