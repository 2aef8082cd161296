/** The system and the products are still the versions that the test began with; else it tested something else. */
import { sameGuestName } from '../../../model/guest-name.ts'
import type { Fact } from '../../../model/observation.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'
import { askCommand } from '../shared/ask-command.ts'
import { blind, expectation, look, type Looked } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

type Versions = Readonly<Record<string, string>>

/** These candidates change what the system says of itself. */
const SYSTEM_KINDS: ReadonlySet<string> = new Set(['msu', 'cab'])

export const versions: Check = {
  id: 'versions',
  title: 'the system and the products did not update themselves',
  cannotSee: 'a product whose product.yaml names neither drivers nor a command for its versions',
  moments: EVERY_MOMENT,
  os: ['linux', 'windows'],
  shows: ['driver-load-failure', 'protection-off', 'rollback-incomplete', 'version-drift'],
  async run(target, ctx) {
    const looked = await readVersions(target, ctx)
    if (looked.blind !== undefined) return [looked.blind]
    const now = looked.value
    if (target.moment === 'baseline') target.memory.set('versions', now)
    const before = target.memory.get('versions') as Versions | undefined
    const facts: Fact[] = [
      { kind: 'inventory', subject: 'products', moment: target.moment, items: { ...now }, cut: 0 },
      ...(await lookAtFreezes(target, ctx)),
      ...mute(target, now),
    ]
    if (before === undefined) return [...facts, blind('versions', 'they were not recorded at the baseline')]
    return [...facts, ...Object.entries(before).map(([name, was]) => compare(name, was, now[name], target))]
  },
}

async function readVersions(target: CheckTarget, ctx: Context): Promise<Looked<Versions>> {
  const { os, guest, products } = target
  return look('versions', async () => {
    const boot = await os.boot(guest, ctx)
    const wanted = products.flatMap((product) =>
      (product.health[os.name]?.drivers ?? []).map((driver) => ({ product: product.id, driver })),
    )
    const drivers = wanted.length === 0 ? undefined : await os.drivers(guest, ctx)
    const ofDrivers = wanted.flatMap(({ product, driver }) => {
      const found = [...(drivers ?? [])].find(([name]) => sameGuestName(name, driver, os.name))?.[1]
      return found === undefined ? [] : [[`${product}:${driver}`, describe(found)]]
    })
    const ofProducts: (readonly [string, string])[] = []
    for (const product of products) {
      const command = product.health[os.name]?.versions
      if (command === undefined) continue
      const { exitCode, output } = await askCommand(command, target, ctx)
      if (exitCode === 0 && output !== '') ofProducts.push([`${product.id}:versions`, output])
    }
    return {
      system: `${boot.build} ${boot.kernel}`,
      ...Object.fromEntries(ofDrivers),
      ...Object.fromEntries(ofProducts),
    } as Versions
  })
}

/** Products that are asked for their versions and did not answer: the version that ran is unknown. */
function mute(target: CheckTarget, now: Versions): readonly Fact[] {
  return target.products.flatMap(({ id, health }) =>
    health[target.os.name]?.versions === undefined || now[`${id}:versions`] !== undefined
      ? []
      : [blind(`version:${id}:versions`, 'the product did not say which versions run')],
  )
}

/** A product that could update itself may be another one before the attempt ends. */
async function lookAtFreezes(target: CheckTarget, ctx: Context): Promise<readonly Fact[]> {
  const facts: Fact[] = []
  for (const product of target.products) {
    const proof = product.freeze?.[target.os.name]?.proof
    if (proof === undefined) continue
    const { exitCode, said } = await askCommand(proof, target, ctx)
    facts.push(
      expectation('version-drift', {
        subject: `version:${product.id}:frozen`,
        expected: 'it cannot update itself',
        seen:
          exitCode === undefined ? said : `its proof ended with ${exitCode}${said === '' ? '' : `: ${said}`}`,
        holds: exitCode === 0,
      }),
    )
  }
  return facts
}

function describe(driver: Readonly<Record<string, string>>): string {
  return Object.entries(driver)
    .filter(([name]) => /version|signer|hash/i.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
    .slice(0, 500)
}

/** The candidate may change its own product and, by its kind, the system; after the roll-back it may not. */
function compare(name: string, was: string, now: string | undefined, target: CheckTarget): Fact {
  const { candidate, moment } = target
  const rolledBack = moment === 'after-rollback'
  const own =
    name === 'system' ? SYSTEM_KINDS.has(candidate?.kind ?? '') : candidate?.product === name.split(':')[0]
  const isDriver = name !== 'system' && !name.endsWith(':versions')
  const symptom =
    now === undefined && isDriver
      ? 'driver-load-failure'
      : rolledBack && own
        ? 'rollback-incomplete'
        : 'version-drift'
  return expectation(symptom, {
    subject: `version:${name}`,
    expected: own && !rolledBack ? 'any: the candidate may change it' : was === '' ? 'no version' : was,
    seen: now === undefined ? (isDriver ? 'not loaded' : 'no answer') : now === '' ? 'no version' : now,
    holds: now !== undefined && (was === now || (own && !rolledBack)),
  })
}
