/** After the roll-back the services and pending restarts are what they were; what is left on the disk the fingerprint tells. */
import type { Fact } from '../../../model/observation.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'
import { blind, expectation, look, type Looked } from '../shared/look.ts'

interface Remembered {
  readonly services: readonly string[]
  readonly pending: readonly string[]
}

const SHOWN = 40

export const rollbackComplete: Check = {
  id: 'rollback-complete',
  title: 'the roll-back leaves services and pending restarts as they were',
  cannotSee: 'what is left on the disk (`fingerprint` and `windows-leftovers` look there)',
  moments: ['baseline', 'after-rollback'],
  os: ['linux', 'windows'],
  shows: ['rollback-incomplete'],
  async run(target, ctx) {
    const looked = await survey(target, ctx)
    if (looked.blind !== undefined) return [looked.blind]
    const now = looked.value
    if (target.moment === 'baseline') {
      target.memory.set('baseline', now)
      return []
    }
    const before = target.memory.get('baseline') as Remembered | undefined
    if (before === undefined) return [blind('rollback', 'the machine was not surveyed at the baseline')]
    // That a restart is no longer pending is no loss: only what was added counts.
    const stillPending = before.pending.filter((reason) => now.pending.includes(reason))
    return [
      listFact('rollback:services', 'services', before.services, now.services),
      listFact('rollback:pending-restart', 'pending restarts', stillPending, now.pending),
    ]
  },
}

async function survey(target: CheckTarget, ctx: Context): Promise<Looked<Remembered>> {
  const { os, guest } = target
  return look('rollback', async () => {
    const services = await os.services(guest, ctx)
    const boot = await os.boot(guest, ctx)
    return {
      services: services.map(({ name, wanted }) => `${name}${wanted ? '' : ' (not wanted)'}`),
      pending: boot.pendingRestart,
    }
  })
}

function listFact(subject: string, what: string, before: readonly string[], now: readonly string[]): Fact {
  const gone = before.filter((name) => !now.includes(name)).map((name) => `${name} is gone`)
  const left = now.filter((name) => !before.includes(name)).map((name) => `${name} is left`)
  const wrong = [...gone, ...left]
  return expectation('rollback-incomplete', {
    subject,
    expected: `the same ${what} as at the baseline`,
    seen: wrong.length === 0 ? 'the same' : wrong.slice(0, SHOWN).join('; '),
    holds: wrong.length === 0,
  })
}
