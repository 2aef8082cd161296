/** A command of a product or a role that gives no answer at all is a failure that is told, not a question that nobody could ask. */
import { describe, expect, it } from 'vitest'
import { DeadlineError } from '../../../src/kit/deadline.ts'
import type { Fact } from '../../../src/model/observation.ts'
import type { LoadedProduct } from '../../../src/model/product.ts'
import { productHealth } from '../../../src/plugins/checks/any/product-health.ts'
import { roles } from '../../../src/plugins/checks/any/roles.ts'
import type { Channel } from '../../../src/sdk/channel.ts'
import type { Check } from '../../../src/sdk/check.ts'
import { loadedProduct } from '../../stand-ins/loaded-packages.ts'
import { localChannel } from '../../stand-ins/local-guest.ts'
import { attempt, blinds, broken, healthyGuest } from '../../stand-ins/scripted-guest.ts'

/** Programs whose name says so hang; some take as many seconds as their name ends with; the others fail at once. */
const guest: Channel = {
  ...localChannel(),
  async exec({ program }, ctx) {
    const seconds = Number(/\d+$/.exec(program)?.[0] ?? 0)
    const end = ctx.clock.now() + 1000 * seconds
    if (program.includes('hangs') || end > ctx.deadline) {
      await ctx.clock.sleep(ctx.deadline - ctx.clock.now())
      throw new DeadlineError(program, ctx.deadline)
    }
    await ctx.clock.sleep(1000 * seconds)
    const exitCode = program.includes('works') ? 0 : 3
    return { exitCode, stdout: Buffer.alloc(0), stderr: Buffer.from('said'), truncated: false }
  },
}

async function seen(check: Check, ...products: LoadedProduct[]): Promise<readonly Fact[]> {
  return await attempt(check, healthyGuest({ products }), { guest })('after-restart')
}

const command = (program: string) => ({ program, arguments: [] })
const role = (name: string, program: string) => ({ name, command: command(program) })
const withUses = (...use: ReturnType<typeof role>[]): LoadedProduct =>
  loadedProduct({ health: { linux: { use } } })
const withProbe = (id: string, program: string): LoadedProduct =>
  loadedProduct({ id, health: { linux: { probe: command(program) } } })

// The looks of this test have 60 s, less a margin.
describe('within the time of a look', () => {
  it('a role that hangs is broken, and the next is asked all the same', async () => {
    const facts = await seen(roles, withUses(role('names', '/hangs'), role('pages', '/fails')))
    expect(broken(facts)).toEqual([
      'role-broken role:netwatch:names: 1 of 1 do not: did not answer within 48 s',
      'role-broken role:netwatch:pages: 3 of 3 do not: ended with 3: said; ended with 3: said; ended with 3: said',
    ])
    expect(blinds(facts)).toEqual([])
  })

  it('of roles that all hang those are told for which there was time, and the others were not looked at', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
    const facts = await seen(roles, withUses(...names.map((name) => role(name, '/hangs'))))
    expect(broken(facts)).toHaveLength(5)
    expect(blinds(facts)).toHaveLength(5)
  })

  it('a role that is slow is told by the answers for which there was time', async () => {
    const facts = await seen(roles, withUses(role('pages', '/works20')))
    expect(broken(facts)).toEqual([])
    expect(facts[0]).toMatchObject({ holds: true, seen: 'each of 2 does, no time was left for more' })
  })

  it('a product whose probe hangs does not protect, and its neighbour is asked', async () => {
    const facts = await seen(productHealth, withProbe('first', '/hangs'), withProbe('second', '/works1'))
    expect(broken(facts)).toEqual(['protection-off product:first:probe: did not answer within 48 s'])
    expect(facts).toHaveLength(2)
  })

  it('a probe that is slow has the time that others do not take', async () => {
    const facts = await seen(productHealth, withProbe('first', '/works45'), withProbe('second', '/works1'))
    expect(broken(facts)).toEqual([])
  })

  it('a probe for which no time is left was not looked at, and what failed before is told', async () => {
    const health = { linux: { probe: command('/fails'), readyTimeoutSeconds: 57 } }
    const late = loadedProduct({ id: 'late', health })
    const facts = await seen(productHealth, late, withProbe('second', '/hangs'))
    expect(broken(facts)).toEqual(['protection-off product:late:probe: ended with 3: said'])
    expect(blinds(facts)).toEqual(['product:second: what failed before it took all the time of the check'])
  })
})
