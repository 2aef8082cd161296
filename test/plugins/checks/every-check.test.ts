/** What all checks promise: a healthy machine is clean, and what cannot be looked at is said, at every moment. */
import { describe, expect, it } from 'vitest'
import { DeadlineError } from '../../../src/kit/deadline.ts'
import { AppError } from '../../../src/model/errors.ts'
import { builtIn } from '../../../src/plugins/built-in.ts'
import { ChannelLost } from '../../../src/sdk/channel.ts'
import { loadedProduct } from '../../stand-ins/loaded-packages.ts'
import { attempt, blinds, broken, healthyGuest, restart } from '../../stand-ins/scripted-guest.ts'

/** This machine has no candidate, and its product no use. */
const ASKS_NOTHING_HERE = new Set(['candidate-present', 'roles'])
const checks = (builtIn.checks ?? []).filter((check) => check.os.includes('linux'))

describe.each(checks.map((check) => [check.id, check] as const))('%s', (_, check) => {
  it('finds nothing on a machine that stays as it was', async () => {
    const guest = healthyGuest({ products: [loadedProduct()] })
    const look = attempt(check, guest)
    for (const moment of [
      'baseline',
      'after-install',
      'after-restart',
      'after-soak',
      'after-rollback',
    ] as const) {
      if (moment === 'after-restart' || moment === 'after-rollback') restart(guest)
      const facts = await look(moment)
      expect(broken(facts)).toEqual([])
      expect(blinds(facts)).toEqual([])
    }
  })
})

const asking = checks.filter(({ id }) => !ASKS_NOTHING_HERE.has(id))

describe.each(asking.map((check) => [check.id, check] as const))('%s asks the guest, and', (_, check) => {
  it('says so when an answer cannot be read, and when the baseline was never seen', async () => {
    const guest = healthyGuest({ products: [loadedProduct()] })
    const last = check.moments.at(-1) ?? 'baseline'
    guest.failure = new AppError('GUEST_PROBE', 'host', 'nonsense came back')
    const blind = await attempt(check, guest)(last)
    expect(blinds(blind)).not.toEqual([])
  })

  it('passes a lost link and a passed deadline on', async () => {
    const guest = healthyGuest({ products: [loadedProduct()] })
    for (const failure of [new ChannelLost('gone'), new DeadlineError('probe', 1)]) {
      guest.failure = failure
      await expect(attempt(check, guest)('baseline')).rejects.toBe(failure)
    }
  })
})
