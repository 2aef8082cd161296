/** Scheduled tasks of neighbours: a product whose task is gone or disabled no longer updates or scans, and no message says so. */
import type { Check } from '../../../sdk/check.ts'
import type { ScheduledTaskFact } from '../../../sdk/windows-guest.ts'
import { askWindows } from './ask-windows.ts'
import { blind, expectation } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'
import { isWindowsOwnTask } from './own-task.ts'

export const windowsTasks: Check = {
  id: 'windows-tasks',
  title: 'no scheduled task of somebody else is gone or disabled',
  cannotSee: 'whether a task does its work; tasks of Windows itself',
  moments: EVERY_MOMENT,
  os: ['windows'],
  shows: ['service-degraded'],
  async run(target, ctx) {
    const subject = 'windows:tasks'
    const looked = await askWindows(subject, target, (windows) => windows.tasks(target.guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const now = looked.value.filter(({ path }) => !isWindowsOwnTask(path))
    if (target.moment === 'baseline') target.memory.set('baseline', now)
    const before = target.memory.get('baseline') as readonly ScheduledTaskFact[] | undefined
    if (before === undefined) return [blind(subject, 'they were not listed at the baseline')]
    return before.map((task) => {
      const same = now.find(({ path }) => path === task.path)
      const state = same === undefined ? 'gone' : same.enabled ? 'enabled' : 'disabled'
      return expectation('service-degraded', {
        subject: `task:${task.path}`,
        expected: task.enabled ? 'enabled' : 'there',
        seen: state,
        holds: same !== undefined && (same.enabled || !task.enabled),
      })
    })
  },
}
