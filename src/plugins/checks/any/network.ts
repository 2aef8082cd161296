/** The network that the machine had at its baseline still works. */
import type { Check } from '../../../sdk/check.ts'
import { blind, expectation, look } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

export const network: Check = {
  id: 'network',
  title: 'loopback answers and every interface is still up',
  cannotSee: 'whether anything outside the machine can be reached, and how fast',
  moments: EVERY_MOMENT,
  os: ['linux', 'windows'],
  shows: ['network-loss', 'rollback-incomplete'],
  async run(target, ctx) {
    const looked = await look('network', () => target.os.network(target.guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const { loopback, interfaces, detail } = looked.value
    if (target.moment === 'baseline') target.memory.set('interfaces', interfaces)
    const before = target.memory.get('interfaces') as readonly string[] | undefined
    const symptom = target.moment === 'after-rollback' ? 'rollback-incomplete' : 'network-loss'
    const answers = expectation(symptom, {
      subject: 'network:loopback',
      expected: 'the machine reaches itself',
      seen: loopback ? 'it does' : `it does not: ${detail}`,
      holds: loopback,
    })
    if (before === undefined)
      return [answers, blind('network:interfaces', 'they were not listed at the baseline')]
    const lost = before.filter((name) => !interfaces.includes(name))
    return [
      answers,
      expectation(symptom, {
        subject: 'network:interfaces',
        expected: before.length === 0 ? 'as at the baseline: none' : `up: ${before.join(', ')}`,
        seen: lost.length === 0 ? 'as at the baseline' : `no longer up: ${lost.join(', ')}; ${detail}`,
        holds: lost.length === 0,
      }),
    ]
  },
}
