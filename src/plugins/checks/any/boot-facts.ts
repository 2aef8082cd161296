/** Did the machine start once for each start we know of, in its normal mode, and did the start come to its end? */
import type { Fact } from '../../../model/observation.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { BootFacts } from '../../../sdk/guest-os.ts'
import { blind, expectation, look } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

interface Remembered {
  readonly bootId: string
  /** Starts that the guest counted, less those that the host asked for: constant while nothing restarts behind our back. */
  readonly uncounted: number
  readonly starts: number
  readonly pending: readonly string[]
}

export const bootFacts: Check = {
  id: 'boot-facts',
  title: 'the machine starts in its normal mode, to the end, and only when asked',
  cannotSee: 'what happened between two looks without a start of the machine',
  moments: EVERY_MOMENT,
  os: ['linux', 'windows'],
  shows: ['boot-hang', 'recovery-entry', 'unexpected-restart', 'never-settles'],
  async run(target, ctx) {
    const looked = await look('boot', () => target.os.boot(target.guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const boot = looked.value
    const facts: Fact[] = [
      expectation('recovery-entry', {
        subject: 'boot:mode',
        expected: 'normal',
        seen: boot.mode,
        holds: boot.mode === 'normal',
      }),
      expectation('boot-hang', {
        subject: 'boot:finished',
        expected: 'the system says that its start has ended',
        seen: boot.finished ? 'it says so' : `not yet, ${Math.round(boot.uptimeSeconds)} s after it began`,
        holds: boot.finished,
      }),
      ...countStarts(target, boot),
      ...pendingRestart(target, boot),
    ]
    return facts
  },
}

function countStarts(target: CheckTarget, boot: BootFacts): readonly Fact[] {
  const { memory, starts, moment } = target
  const before = memory.get('boot') as Remembered | undefined
  if (moment !== 'baseline' && before === undefined) {
    return [blind('boot:starts', 'the machine was not looked at before the candidate came')]
  }
  const uncounted = before?.uncounted ?? boot.bootCount - starts
  const same = before === undefined || before.starts !== starts || before.bootId === boot.bootId
  const changed = before === undefined || before.starts === starts || before.bootId !== boot.bootId
  const pending = before?.pending ?? boot.pendingRestart
  memory.set('boot', { bootId: boot.bootId, uncounted, starts, pending } satisfies Remembered)
  const wanted = uncounted + starts
  const extra = boot.bootCount - wanted
  const seen =
    extra !== 0
      ? `${boot.bootCount} starts, ${extra > 0 ? `${extra} more` : `${-extra} fewer`} than the host saw`
      : !same
        ? `${boot.bootCount} starts, but another boot id although no restart was asked for`
        : !changed
          ? `${boot.bootCount} starts, but the same boot id after a restart`
          : `${boot.bootCount} starts`
  return [
    expectation('unexpected-restart', {
      subject: 'boot:starts',
      expected: `${wanted} starts, as the host counted`,
      seen,
      holds: extra === 0 && same && changed,
    }),
  ]
}

/** Right after an installation a pending restart is normal; after the restarts nothing may be left that was not pending before. */
function pendingRestart(target: CheckTarget, boot: BootFacts): readonly Fact[] {
  if (target.moment !== 'after-restart' && target.moment !== 'after-soak') return []
  const before = (target.memory.get('boot') as Remembered | undefined)?.pending ?? []
  const left = boot.pendingRestart.filter((reason) => !before.includes(reason))
  return [
    expectation('never-settles', {
      subject: 'boot:pending-restart',
      expected: 'no restart is pending that was not pending before',
      seen: left.length === 0 ? 'none' : left.slice(0, 20).join('; '),
      holds: left.length === 0,
      severity: target.moment === 'after-soak' ? 'fail' : 'warn',
    }),
  ]
}
