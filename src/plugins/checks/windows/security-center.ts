/** Protection that is registered, on and current stays so, and nothing is taken away as malware. */
import { sameGuestName } from '../../../model/guest-name.ts'
import type { Fact } from '../../../model/observation.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { DefenderFact, SecurityFacts, SecurityProductFact } from '../../../sdk/windows-guest.ts'
import { askWindows } from './ask-windows.ts'
import { blind, expectation } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

export const windowsSecurityCenter: Check = {
  id: 'windows-security-center',
  title: 'security products stay registered and on',
  cannotSee:
    'servers’ products other than Defender: Windows Server has no Security Center; whether protection stops real malware',
  moments: EVERY_MOMENT,
  os: ['windows'],
  shows: ['protection-off', 'false-positive-quarantine'],
  async run(target, ctx) {
    const subject = 'windows:security-center'
    const looked = await askWindows(subject, target, (windows) => windows.security(target.guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const now = looked.value
    if (target.moment === 'baseline') target.memory.set('baseline', now)
    const before = target.memory.get('baseline') as SecurityFacts | undefined
    if (before === undefined) return [blind(subject, 'it was not looked at at the baseline')]
    return [
      ...compareProducts(before.products ?? [], now.products ?? []),
      ...compareDefender(before.defender, now.defender),
      ...namedProducts(target, now.products),
    ]
  },
}

function compareProducts(
  before: readonly SecurityProductFact[],
  now: readonly SecurityProductFact[],
): readonly Fact[] {
  return before.map((product) => {
    const found = now.find(({ sort, name }) => sort === product.sort && name === product.name)
    return expectation('protection-off', {
      subject: `security-center:${product.sort}:${product.name}`,
      expected: product.state,
      seen: found?.state ?? 'not registered',
      holds: found?.state === product.state,
    })
  })
}

function compareDefender(before: DefenderFact | undefined, now: DefenderFact | undefined): readonly Fact[] {
  if (before === undefined) return []
  const facts = [
    expectation('protection-off', {
      subject: 'defender:mode',
      expected: describe(before),
      seen: now === undefined ? 'not there' : describe(now),
      holds: now !== undefined && describe(before) === describe(now),
    }),
  ]
  const known = new Set(before.detections.map(({ id }) => id))
  const taken = (now?.detections ?? []).filter(({ id }) => !known.has(id))
  facts.push(
    expectation('false-positive-quarantine', {
      subject: 'defender:detections',
      expected: 'nothing new',
      seen:
        taken.length === 0
          ? 'nothing new'
          : taken.flatMap(({ resources }) => resources).join('; ') || `${taken.length} new`,
      holds: taken.length === 0,
    }),
  )
  return facts
}

/** Client editions only: a server has no security center, and its absence there proves nothing. */
function namedProducts(
  target: CheckTarget,
  products: readonly SecurityProductFact[] | undefined,
): readonly Fact[] {
  if (products === undefined) return []
  return target.products.flatMap((product) => {
    const name = product.health.windows?.securityCenterName
    if (name === undefined) return []
    const found = products.find((entry) => sameGuestName(entry.name.trim(), name.trim(), 'windows'))
    return [
      expectation('protection-off', {
        subject: `product:${product.id}:security-center`,
        expected: 'on',
        seen: found?.state ?? 'not registered',
        holds: found?.state === 'on',
      }),
    ]
  })
}

function describe(defender: DefenderFact): string {
  return `${defender.mode}, real-time protection ${defender.realTime ? 'on' : 'off'}`
}
