/** An update of Windows is really there: servicing is at rest and nothing was rolled back, whatever the exit code said. */
import type { Fact } from '../../../model/observation.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { ServicingFacts } from '../../../sdk/windows-guest.ts'
import { askWindows } from './ask-windows.ts'
import { blind, expectation } from '../shared/look.ts'

/** Servicing that is not at rest after so many starts never will be. */
const STARTS_TO_SETTLE = 3

export const windowsUpdatePresent: Check = {
  id: 'windows-update-present',
  title: 'servicing is at rest and rolled nothing back',
  cannotSee: 'what an update changed beyond build, package state and rollbacks in the servicing log',
  moments: ['baseline', 'after-restart', 'after-soak'],
  os: ['windows'],
  shows: ['update-not-applied', 'install-rolled-back', 'never-settles'],
  async run(target, ctx) {
    const subject = 'windows:servicing'
    const wanted = target.candidate?.recipes?.windows?.verify?.package
    const looked = await askWindows(subject, target, (windows) =>
      windows.servicing(wanted === undefined ? [] : [wanted], target.guest, ctx),
    )
    if (looked.blind !== undefined) return [looked.blind]
    const now = looked.value
    if (target.moment === 'baseline') {
      target.memory.set('baseline', { rollbacks: now.rollbacks, starts: target.starts })
      return []
    }
    const before = target.memory.get('baseline') as Remembered | undefined
    if (before === undefined) return [blind(subject, 'it was not looked at at the baseline')]
    return [rollbackFact(before, now), ...settledFact(before, now, target), ...buildFact(now, target)]
  },
}

interface Remembered {
  readonly rollbacks: readonly string[]
  readonly starts: number
}

function rollbackFact(before: Remembered, now: ServicingFacts): Fact {
  const fresh = now.rollbacks.filter((line) => !before.rollbacks.includes(line))
  return expectation('install-rolled-back', {
    subject: 'windows:servicing-rollback',
    expected: 'nothing rolled back since the baseline',
    seen: fresh.length === 0 ? 'nothing rolled back since the baseline' : fresh.slice(0, 10).join('; '),
    holds: fresh.length === 0,
  })
}

/** Before the last of the starts that it has, work that is left is nothing unusual. */
function settledFact(before: Remembered, now: ServicingFacts, target: CheckTarget): readonly Fact[] {
  const starts = target.starts - before.starts
  if (now.pending.length > 0 && starts < STARTS_TO_SETTLE && target.moment !== 'after-soak') return []
  return [
    expectation('never-settles', {
      subject: 'windows:servicing-pending',
      expected: `nothing pending after ${STARTS_TO_SETTLE} starts`,
      seen: now.pending.length === 0 ? 'nothing pending' : `${now.pending.join('; ')} after ${starts} starts`,
      holds: now.pending.length === 0,
    }),
  ]
}

function buildFact(now: ServicingFacts, target: CheckTarget): readonly Fact[] {
  const wanted = target.candidate?.recipes?.windows?.verify?.build
  if (wanted === undefined) return []
  return [
    expectation('update-not-applied', {
      subject: 'windows:build',
      expected: wanted,
      seen: now.build,
      holds: now.build === wanted,
    }),
  ]
}
