/** Every service that should run does, and does not do so by being started again and again. */
import type { Fact } from '../../../model/observation.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'
import type { ServiceFact } from '../../../sdk/guest-os.ts'
import { expectation, look } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

interface Remembered {
  readonly wanted: readonly string[]
  /** Restarts at the baseline: what a start of this machine costs by itself. */
  readonly atBaseline: Readonly<Record<string, number>>
  /** Restarts at the last look, and in which start that was. */
  readonly last: Readonly<Record<string, number>>
  readonly starts: number
}

/** A service that is just starting gets this long to get there. */
const PATIENCE_MS = 12_000
const PAUSE_MS = 2000
const MOST = 500

export const services: Check = {
  id: 'services',
  title: 'every wanted service runs and stays up',
  cannotSee:
    'a service that runs and gives no answer (`roles` and `product-health` ask), and a service that is switched off at the baseline',
  moments: EVERY_MOMENT,
  os: ['linux', 'windows'],
  shows: ['service-degraded', 'rollback-incomplete'],
  async run(target, ctx) {
    const looked = await look('services', () => settledServices(target, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const found = new Map(looked.value.map((service) => [service.name, service]))
    const before = target.memory.get('services') as Remembered | undefined
    const wanted = new Set([...(before?.wanted ?? []), ...wantedNames(looked.value)])
    const restarts = Object.fromEntries(looked.value.map((service) => [service.name, service.restarts]))
    target.memory.set('services', {
      wanted: before?.wanted ?? [...wanted],
      atBaseline: before?.atBaseline ?? restarts,
      last: restarts,
      starts: target.starts,
    } satisfies Remembered)
    const facts: Fact[] = [...wanted]
      .slice(0, MOST)
      .map((name) => judgeService(name, found.get(name), allowedRestarts(name, before, target), target))
    return [...facts, inventory(looked.value, target)]
  },
}

function wantedNames(all: readonly ServiceFact[]): string[] {
  return all.filter((service) => service.wanted).map((service) => service.name)
}

async function settledServices(target: CheckTarget, ctx: Context): Promise<readonly ServiceFact[]> {
  const until = Math.min(ctx.clock.now() + PATIENCE_MS, ctx.deadline - PAUSE_MS)
  for (;;) {
    const found = await target.os.services(target.guest, ctx)
    const waiting = found.some((service) => service.wanted && service.state === 'starting')
    if (!waiting || ctx.clock.now() + PAUSE_MS > until) return found
    await ctx.clock.sleep(PAUSE_MS, ctx.signal)
  }
}

/** In the same start nothing may be added; a fresh start may cost what the baseline's did; an installer may restart once. */
function allowedRestarts(
  name: string,
  before: Remembered | undefined,
  target: CheckTarget,
): number | undefined {
  if (before === undefined) return undefined
  const sameStart = before.starts === target.starts
  const known = (sameStart ? before.last[name] : before.atBaseline[name]) ?? 0
  const asked = target.moment === 'after-install' || target.moment === 'after-rollback' ? 1 : 0
  return known + asked
}

function judgeService(
  name: string,
  service: ServiceFact | undefined,
  allowed: number | undefined,
  target: CheckTarget,
): Fact {
  const running = service?.state === 'running'
  const steady = allowed === undefined || service === undefined || service.restarts <= allowed
  const seen =
    service === undefined
      ? 'no such service any more'
      : `${service.state}${service.restarts === 0 ? '' : `, restarted ${service.restarts} times`}`
  return expectation(target.moment === 'after-rollback' ? 'rollback-incomplete' : 'service-degraded', {
    subject: `service:${name}`,
    expected: allowed === undefined ? 'running' : `running, restarted at most ${allowed} times`,
    seen,
    holds: running && steady,
  })
}

function inventory(all: readonly ServiceFact[], target: CheckTarget): Fact {
  const kept = all.slice(0, MOST)
  return {
    kind: 'inventory',
    subject: 'services',
    moment: target.moment,
    items: Object.fromEntries(kept.map(({ name, state, wanted }) => [name, { state, wanted }])),
    cut: all.length - kept.length,
  }
}
