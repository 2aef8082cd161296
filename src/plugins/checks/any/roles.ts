/** What a product or a server role does for others is really used, again and again: a service that runs may still give no answer. */
import { DeadlineError } from '../../../kit/deadline.ts'
import type { Fact } from '../../../model/observation.ts'
import type { RoleUse } from '../../../model/product.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'
import { askCommand, keepingFailures, shareOf } from '../shared/ask-command.ts'
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
  seconds: 120,
  os: ['linux', 'windows'],
  shows: ['role-broken', 'perf-regression', 'rollback-incomplete'],
  async run(target, ctx) {
    const uses = [
      ...(target.uses ?? []).map((use) => ['matrix', use] as const),
      ...target.products.flatMap(({ id, health }) =>
        (health[target.os.name]?.use ?? []).map((use) => [id, use] as const),
      ),
    ]
    const facts: Fact[] = []
    for (const [at, [whose, use]] of uses.entries()) {
      const ask = () => useIt(whose, use, shareOf(uses.length - at, ctx), target, ctx)
      facts.push(...(await keepingFailures(`role:${whose}:${use.name}`, facts, ask)))
    }
    return facts
  },
}

async function useIt(
  whose: string,
  { name, command, times = TIMES }: RoleUse,
  shareMs: number,
  target: CheckTarget,
  ctx: Context,
): Promise<readonly Fact[]> {
  const began = ctx.clock.now()
  const failures: string[] = []
  let used = 0
  while (used < times && failures.length < ENOUGH_FAILURES) {
    // A role that is slow may leave no time for all of its uses; what it answered until then counts.
    if (used > 0 && ctx.clock.now() - began > shareMs) break
    const answer = await askCommand(command, target, ctx, shareMs).catch((error: unknown) => {
      if (error instanceof DeadlineError && used > 0) return undefined
      throw error
    })
    if (answer === undefined) break
    used += 1
    const { exitCode, said, hangs } = answer
    if (exitCode !== 0) failures.push(exitCode === undefined ? said : `ended with ${exitCode}: ${said}`)
    if (hangs === true) break
  }
  const works = expectation(target.moment === 'after-rollback' ? 'rollback-incomplete' : 'role-broken', {
    subject: `role:${whose}:${name}`,
    expected: `each of ${times} uses ends with 0`,
    seen:
      failures.length === 0
        ? used === times
          ? 'each does'
          : `each of ${used} does, no time was left for more`
        : `${failures.length} of ${used} do not: ${failures.join('; ')}`,
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
