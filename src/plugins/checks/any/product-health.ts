/** A product that boots but no longer protects: its own probe, its services and its drivers say so. */
import { sameGuestName } from '../../../model/guest-name.ts'
import type { Fact } from '../../../model/observation.ts'
import type { LoadedProduct, ProductHealth } from '../../../model/product.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'
import { askCommand, keepingFailures, shareOf } from '../shared/ask-command.ts'
import { blind, expectation, look } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

type Probe = NonNullable<ProductHealth['probe']>

/** A product gets this long to become ready when its own file does not say. */
const READY_SECONDS = 10
const PAUSE_MS = 1000

export const productHealth: Check = {
  id: 'product-health',
  title: 'every installed product still protects',
  cannotSee: 'more than the product’s own probe, services and drivers in product.yaml say',
  moments: EVERY_MOMENT,
  seconds: 120,
  os: ['linux', 'windows'],
  shows: ['driver-load-failure', 'protection-off', 'rollback-incomplete'],
  async run(target, ctx) {
    const facts: Fact[] = []
    const { products } = target
    for (const [at, product] of products.entries()) {
      const ask = () => lookAtProduct(product, shareOf(products.length - at, ctx), target, ctx)
      facts.push(...(await keepingFailures(`product:${product.id}`, facts, ask)))
    }
    return facts
  },
}

async function lookAtProduct(
  product: LoadedProduct,
  shareMs: number,
  target: CheckTarget,
  ctx: Context,
): Promise<readonly Fact[]> {
  const health = product.health[target.os.name]
  const services = health?.services ?? []
  const drivers = health?.drivers ?? []
  const asked = health?.probe !== undefined || (health?.use ?? []).length > 0
  if (health === undefined || (!asked && services.length === 0 && drivers.length === 0)) {
    return [
      blind(
        `product:${product.id}`,
        `its file does not say how to tell that it is healthy on ${target.os.name}`,
      ),
    ]
  }
  return [
    ...(health.probe === undefined
      ? []
      : [await runProbe(product, health, health.probe, shareMs, target, ctx)]),
    ...(await lookAtServices(product, services, target, ctx)),
    ...(await lookAtDrivers(product, drivers, target, ctx)),
  ]
}

async function runProbe(
  product: LoadedProduct,
  health: ProductHealth,
  probe: Probe,
  shareMs: number,
  target: CheckTarget,
  ctx: Context,
): Promise<Fact> {
  const ready = ctx.clock.now() + (health.readyTimeoutSeconds ?? READY_SECONDS) * 1000
  for (;;) {
    const { exitCode, said, hangs } = await askCommand(probe, target, ctx, shareMs)
    const now = ctx.clock.now()
    if (exitCode === 0 || hangs === true || now + PAUSE_MS > Math.min(ready, ctx.deadline)) {
      return expectation(symptomOf(target), {
        subject: `product:${product.id}:probe`,
        expected: 'its health probe ends with 0',
        seen: exitCode === undefined ? said : `ended with ${exitCode}${said === '' ? '' : `: ${said}`}`,
        holds: exitCode === 0,
      })
    }
    await ctx.clock.sleep(PAUSE_MS, ctx.signal)
  }
}

async function lookAtServices(
  product: LoadedProduct,
  names: readonly string[],
  target: CheckTarget,
  ctx: Context,
): Promise<readonly Fact[]> {
  if (names.length === 0) return []
  const looked = await look(`product:${product.id}:services`, () => target.os.services(target.guest, ctx))
  if (looked.blind !== undefined) return [looked.blind]
  return names.map((name) => {
    const found = looked.value.find((service) => sameGuestName(service.name, name, target.os.name))
    const state = found?.state ?? 'unknown to the guest'
    return expectation(symptomOf(target), {
      subject: `product:${product.id}:service:${name}`,
      expected: 'running',
      seen: state,
      holds: state === 'running',
    })
  })
}

async function lookAtDrivers(
  product: LoadedProduct,
  names: readonly string[],
  target: CheckTarget,
  ctx: Context,
): Promise<readonly Fact[]> {
  if (names.length === 0) return []
  const looked = await look(`product:${product.id}:drivers`, () => target.os.drivers(target.guest, ctx))
  if (looked.blind !== undefined) return [looked.blind]
  const loaded = [...looked.value.keys()]
  return names.map((name) => {
    const isLoaded = loaded.some((driver) => sameGuestName(driver, name, target.os.name))
    return expectation(target.moment === 'after-rollback' ? 'rollback-incomplete' : 'driver-load-failure', {
      subject: `product:${product.id}:driver:${name}`,
      expected: 'loaded',
      seen: isLoaded ? 'loaded' : 'not loaded',
      holds: isLoaded,
    })
  })
}

function symptomOf(target: CheckTarget): 'rollback-incomplete' | 'protection-off' {
  return target.moment === 'after-rollback' ? 'rollback-incomplete' : 'protection-off'
}
