/** What a product or a server role does for others is really used, again and again: a service that runs may still give no answer. */
import type { Fact } from '../../../model/observation.ts'
import type { RoleUse } from '../../../model/product.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'
import { askCommand } from '../shared/ask-command.ts'
import { expectation } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

const TIMES = 10
/** So many failures say enough; each may have taken its whole time. */
const ENOUGH_FAILURES = 3

export const roles: Check = {
  id: 'roles',
  title: 'what others use of the machine and its products works',
  cannotSee: 'a use that neither the matrix nor a product.yaml describes',
  moments: EVERY_MOMENT,
  os: ['linux', 'windows'],
  shows: ['role-broken', 'perf-regression', 'rollback-incomplete'],
  async run(target, ctx) {
    const facts: Fact[] = []
    for (const use of target.uses ?? []) facts.push(...(await useIt('matrix', use, target, ctx)))
    for (const product of target.products)
      for (const use of product.health[target.os.name]?.use ?? [])
        facts.push(...(await useIt(product.id, use, target, ctx)))
    return facts
  },
}

async function useIt(
  whose: string,
  { name, command, times = TIMES }: RoleUse,
  target: CheckTarget,
  ctx: Context,
): Promise<readonly Fact[]> {
  const began = ctx.clock.now()
  const failures: string[] = []
  let used = 0
  for (; used < times && failures.length < ENOUGH_FAILURES; used += 1) {
    const { exitCode, said } = await askCommand(command, target, ctx)
    if (exitCode !== 0) failures.push(exitCode === undefined ? said : `ended with ${exitCode}: ${said}`)
  }
  const works = expectation(target.moment === 'after-rollback' ? 'rollback-incomplete' : 'role-broken', {
    subject: `role:${whose}:${name}`,
    expected: `each of ${times} uses ends with 0`,
    seen:
      failures.length === 0 ? 'each does' : `${failures.length} of ${used} do not: ${failures.join('; ')}`,
    holds: failures.length === 0,
  })
  if (failures.length > 0) return [works]
  return [
    works,
    {
      kind: 'measure',
      name: `role:${whose}:${name}:${target.moment}`.slice(0, 128),
      value: (ctx.clock.now() - began) / used,
      unit: 'ms',
      better: 'lower',
      symptom: 'perf-regression',
      floorShare: 1,
      floorValue: 500,
    },
  ]
}
