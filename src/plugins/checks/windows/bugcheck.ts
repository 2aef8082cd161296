/**
 * Live kernel dumps: the kernel found itself broken and went on. Microsoft counts them beside bug checks. Bug checks
 * themselves are named by `crash-records`, with code, parameters, explanation and the driver at fault.
 */
import type { Check } from '../../../sdk/check.ts'
import { askWindows } from './ask-windows.ts'
import { blind, expectation } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

export const windowsBugcheck: Check = {
  id: 'windows-bugcheck',
  title: 'the kernel wrote no live dump',
  cannotSee: 'bug checks themselves: `crash-records` and the host’s watch name those',
  moments: EVERY_MOMENT,
  os: ['windows'],
  shows: ['critical-events'],
  async run(target, ctx) {
    const subject = 'windows:live-kernel-dumps'
    const looked = await askWindows(subject, target, (windows) => windows.reports(target.guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    // Folders of kernel reports in Windows Error Reporting are named after the code: Kernel_141_…
    const kernelReports = looked.value.errorReports.filter((name) => /^Kernel_/i.test(name))
    const found = [...looked.value.liveDumps, ...kernelReports]
    if (target.moment === 'baseline') {
      target.memory.set('baseline', found)
      return []
    }
    const before = target.memory.get('baseline') as readonly string[] | undefined
    if (before === undefined) return [blind(subject, 'they were not listed at the baseline')]
    const fresh = found.filter((name) => !before.includes(name))
    return [
      expectation('critical-events', {
        subject,
        expected: 'none since the baseline',
        seen: fresh.length === 0 ? 'none since the baseline' : fresh.slice(0, 20).join('; '),
        holds: fresh.length === 0,
      }),
    ]
  },
}
