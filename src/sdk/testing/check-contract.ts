/**
 * The contract of `sdk/check.ts` as tests: a check tells facts that the journal can keep, stops when asked, and says
 * that it is blind instead of telling that all is well. No machine is needed; the author brings stand-in guests.
 */
import assert from 'node:assert/strict'
import { systemClock } from '../../kit/clock.ts'
import { FactSchema, type Fact } from '../../model/observation.ts'
import { ChannelLost, type Channel } from '../channel.ts'
import type { Check, CheckTarget } from '../check.ts'
import type { Context } from '../context.ts'
import type { TestApi } from './test-api.ts'

export interface CheckContractOptions {
  readonly check: Check
  /** A guest in which all is well, new for each call. */
  readonly soundTarget: () => CheckTarget
  /** A guest in which the check must find something: a fact that does not hold, a crash, a blind spot. */
  readonly brokenTarget: () => CheckTarget
  /** A guest in which the check's question gets no answer that can be read (a missing program, nonsense as output). */
  readonly unreadableTarget: () => CheckTarget
}

const TIMEOUT_MS = 60_000

/** Declares the tests of one check. */
export function describeCheckContract(api: TestApi, options: CheckContractOptions): void {
  describeFacts(api, options)
  describeBlindness(api, options)
}

function describeFacts(api: TestApi, options: CheckContractOptions): void {
  const { check } = options
  api.describe(`check ${check.id}`, () => {
    api.it(
      'has an id, a title, moments and systems',
      async () => {
        assert.match(check.id, /^[a-z0-9-]+(?:\/[a-z0-9-]+)?$/)
        assert.ok(check.title.length > 0)
        assert.ok(check.moments.length > 0)
        assert.ok(check.os.length > 0)
        await Promise.resolve()
      },
      TIMEOUT_MS,
    )

    api.it(
      'tells facts that the journal can keep, at every moment that it names',
      async () => {
        for (const target of [options.soundTarget, options.brokenTarget])
          for (const moment of check.moments) assertFacts(await look(check, { ...target(), moment }))
      },
      TIMEOUT_MS,
    )

    api.it(
      'tells a broken guest from a sound one',
      async () => {
        const [sound, broken] = [
          await lookAtAll(check, options.soundTarget()),
          await lookAtAll(check, options.brokenTarget()),
        ]
        assert.notDeepEqual(broken, sound)
        assert.deepEqual(sound.filter(isComplaint), [])
      },
      TIMEOUT_MS,
    )
  })
}

/** What it does when it cannot look. */
function describeBlindness(api: TestApi, options: CheckContractOptions): void {
  const { check } = options
  api.describe(`check ${check.id}, where it cannot look`, () => {
    api.it(
      'says that it is blind rather than that all is well',
      async () => {
        const facts = await lookAtAll(check, options.unreadableTarget())
        assertFacts(facts)
        assert.ok(
          facts.some((fact) => fact.kind === 'blind' || isComplaint(fact)),
          'no fact says that it could not look',
        )
      },
      TIMEOUT_MS,
    )

    api.it(
      'passes a lost link on',
      async () => {
        const target = { ...options.soundTarget(), guest: lostChannel() }
        const outcome = await lookAtAll(check, target).then(
          (facts) => facts,
          (error: unknown) => error,
        )
        // A check that asks its guest nothing at this moment has nothing to lose.
        if (Array.isArray(outcome)) assertFacts(outcome as Fact[])
        else assert.ok(outcome instanceof ChannelLost, String(outcome))
      },
      TIMEOUT_MS,
    )

    api.it(
      'stops when its caller gives up',
      async () => {
        const caller = new AbortController()
        const reason = new Error('given up')
        const target = { ...options.soundTarget(), guest: silentChannel(caller.signal) }
        const looking = lookAtAll(check, target, { ...context(), signal: caller.signal })
        caller.abort(reason)
        // Either it had nothing to ask, or it ends with the caller's reason; it must not go on waiting.
        await looking.catch((error: unknown) => assert.equal(error, reason))
      },
      TIMEOUT_MS,
    )
  })
}

function isComplaint(fact: Fact): boolean {
  return (
    (fact.kind === 'expectation' && !fact.holds) ||
    (fact.kind === 'profile' && !fact.matches) ||
    ['crash', 'hang', 'stuck', 'log-event', 'blind'].includes(fact.kind)
  )
}

async function lookAtAll(check: Check, target: CheckTarget, ctx: Context = context()): Promise<Fact[]> {
  const facts: Fact[] = []
  for (const moment of check.moments) facts.push(...(await look(check, { ...target, moment }, ctx)))
  return facts
}

async function look(check: Check, target: CheckTarget, ctx: Context = context()): Promise<readonly Fact[]> {
  return await check.run(target, ctx)
}

function assertFacts(facts: readonly Fact[]): void {
  assert.ok(Array.isArray(facts))
  for (const fact of facts) {
    const parsed = FactSchema.safeParse(fact)
    assert.ok(parsed.success, `${fact.kind}: ${parsed.success ? '' : parsed.error.message}`)
    assert.deepEqual(JSON.parse(JSON.stringify(fact)), fact, 'the fact does not survive JSON')
  }
}

function context(): Context {
  return {
    signal: new AbortController().signal,
    deadline: systemClock.now() + TIMEOUT_MS,
    log: { log: () => undefined },
    clock: systemClock,
  }
}

function lostChannel(): Channel {
  const lose = async (): Promise<never> => await Promise.reject(new ChannelLost('the link is gone'))
  return { exec: lose, push: lose, pull: lose, close: async () => await Promise.resolve() }
}

/** Never answers, as a guest that hangs; ends only when the caller does. */
function silentChannel(signal: AbortSignal): Channel {
  const wait = async (): Promise<never> =>
    await new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason as Error)
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
  return { exec: wait, push: wait, pull: wait, close: async () => await Promise.resolve() }
}
