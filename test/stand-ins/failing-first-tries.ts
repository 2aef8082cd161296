/** For contract suites: every test is first tried with a machine that breaks in the middle of it, and must pass when it is tried again. */
import type { Channel } from '../../src/sdk/channel.ts'
import type { Machine, Provider } from '../../src/sdk/provider.ts'
import type { TestApi } from '../../src/sdk/testing/test-api.ts'

export interface FailingFirstTries {
  readonly api: TestApi
  /** The provider whose machines break. */
  readonly wrap: (provider: Provider) => Provider
  /** How many first tries failed so far. */
  readonly failed: () => number
}

const BREAKS = new Set(['start', 'stop', 'connect', 'exec', 'push', 'pull'])

export function failingFirstTries(api: TestApi): FailingFirstTries {
  let failed = 0
  let tests = 0
  /** Calls that work until one does its work and fails all the same; 0: none fails. */
  let callsLeft = 0

  function breaking<T extends object>(thing: T): T {
    return new Proxy(thing, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        if (typeof name !== 'string' || !BREAKS.has(name)) return value.bind(target) as unknown
        return async (...given: unknown[]) => {
          const answer: unknown = await (value as (...words: unknown[]) => Promise<unknown>).apply(
            target,
            given,
          )
          if (callsLeft > 0) {
            callsLeft -= 1
            if (callsLeft === 0) throw new Error(`${name} broke`)
          }
          return name === 'connect' ? breaking(answer as Channel) : answer
        }
      },
    })
  }

  return {
    failed: () => failed,
    wrap: (provider) =>
      new Proxy(provider, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target)
          if (typeof value !== 'function') return value
          if (name !== 'create' && name !== 'adopt') return value.bind(target) as unknown
          return async (...given: unknown[]) => {
            const make = value as (...words: unknown[]) => Promise<Machine | undefined>
            const machine = await make.apply(target, given)
            return machine === undefined ? undefined : breaking(machine)
          }
        },
      }),
    api: {
      describe: (name, body) => api.describe(name, body),
      beforeAll: (body, timeoutMs) => api.beforeAll(body, timeoutMs),
      afterAll: (body, timeoutMs) => api.afterAll(body, timeoutMs),
      it: (name, body, timeoutMs) =>
        api.it(
          name,
          async () => {
            callsLeft = (tests % 3) + 1
            tests += 1
            const broke = await body().then(
              () => false,
              () => true,
            )
            callsLeft = 0
            if (!broke) return
            failed += 1
            await body()
          },
          timeoutMs * 3,
        ),
    },
  }
}
