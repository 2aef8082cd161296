/**
 * Starts the machine once in its safe mode and then again as usual: what still starts there can be mended by hand when nothing
 * else does. Only where a chosen check wants to look at it, on machines that can be started so.
 */
import { DeadlineError } from '../../kit/deadline.ts'
import { oneLine } from '../../kit/text.ts'
import { ChannelLost } from '../../sdk/channel.ts'
import type { SafeBoot } from '../../sdk/provider.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { awaitBoot, closeGuest } from '../await-boot.ts'
import { inPhase } from '../in-phase.ts'
import { MachineTrouble } from '../machine-trouble.ts'
import { powerOff, startMachine } from './boot.ts'
import { askInSafeMode, safeChecks } from './run-checks.ts'

const SHUTDOWN_MS = 120_000
const START_MS = 300_000
const CHECKS_MS = 300_000
const POLL_MS = 1000

/** A machine that dies right after the last look did not live through its safe mode. */
const STAYS_MS = 3000

/** @throws MachineTrouble when the machine does not come up as usual afterwards */
export async function safeMode(session: AttemptSession): Promise<void> {
  const { assignment } = session.setup
  const { safeBoot } = session.watched.machine
  if (safeChecks(session).length === 0) return
  if (safeBoot === undefined) return await notLookedAt(session, 'this machine cannot be started so')
  if (assignment.cell.start?.from === 'checkpoint')
    return await notLookedAt(session, 'a machine that went on from a checkpoint has to answer within minutes')
  const limit = session.bootDeadlineMs()
  const whole = 2 * limit + 2 * START_MS + session.scaled(CHECKS_MS) + SHUTDOWN_MS
  await inPhase(session, 'restart', whole, async () => {
    await look(session, safeBoot)
    await awaitBoot(session, 'start', session.context(limit))
  })
}

/** Under the name of each check, so that one that a verdict can do without costs none. */
async function notLookedAt(session: AttemptSession, because: string): Promise<void> {
  const reason = `not looked at in safe mode: ${because}`
  for (const { id } of safeChecks(session))
    await session.setup.log.observe('run', { kind: 'blind', subject: id, reason })
}

/** Ends with a machine that was started as usual, whatever was seen before. */
async function look(session: AttemptSession, safeBoot: SafeBoot): Promise<void> {
  const { machine, watch } = session.watched
  await closeGuest(session)
  watch.expectOff()
  await machine.stop('guest', session.context(session.scaled(SHUTDOWN_MS))).catch((error: unknown) => {
    if (!(error instanceof DeadlineError)) throw error
  })
  await powerOff(session)
  // What dies here is told by the expectations below, and only there.
  session.inRecovery = true
  try {
    await observe(session, await startSafe(session, safeBoot))
  } finally {
    await closeGuest(session)
    await watch.flush()
    session.inRecovery = false
  }
  await powerOff(session)
  watch.acknowledge()
  await startMachine(session)
}

type Seen = { readonly mode: string } | { readonly failed: string; readonly alive: boolean }

async function startSafe(session: AttemptSession, safeBoot: SafeBoot): Promise<Seen> {
  const { machine, watch } = session.watched
  const ctx = session.context(session.bootDeadlineMs() + START_MS)
  watch.beginStart()
  try {
    await safeBoot.startSafe(session.context(START_MS))
    return await watch.guard(ctx, async (inner) => {
      for (;;) {
        session.guest = await machine.connect(inner)
        try {
          const { mode, finished, bootId } = await session.setup.dialect.boot(session.guest, inner)
          if (bootId !== session.lastStart?.bootId && (finished || mode === 'safe')) return { mode }
        } catch (error) {
          if (!(error instanceof ChannelLost)) throw error
        }
        await closeGuest(session)
        await inner.clock.sleep(POLL_MS, inner.signal)
      }
    })
  } catch (error) {
    session.setup.signal.throwIfAborted()
    if (error instanceof MachineTrouble && error.kind !== 'host-fault')
      return { failed: error.message, alive: false }
    if (error instanceof DeadlineError)
      return { failed: 'it did not come up in time', alive: watch.start.heartbeat }
    throw error
  }
}

async function observe(session: AttemptSession, seen: Seen): Promise<void> {
  // The system runs, and the way into it does not: that says nothing against it.
  if ('failed' in seen && seen.alive)
    return await notLookedAt(session, 'the heartbeat is green, but no session can be opened there')
  const safe = 'mode' in seen && seen.mode === 'safe'
  const words = 'mode' in seen ? `it runs in ${seen.mode} mode` : seen.failed
  await expect(session, 'safe-mode:start', 'it starts in safe mode', words, safe)
  if (!safe) return
  const died = await diesThere(session)
  await expect(
    session,
    'safe-mode:stays',
    'it stays up in safe mode',
    died ?? 'it stayed up',
    died === undefined,
  )
}

/** Asks the checks and waits a moment. @returns why the machine did not live through it */
async function diesThere(session: AttemptSession): Promise<string | undefined> {
  const { watch } = session.watched
  const reason = await askInSafeMode(session, session.context(session.scaled(CHECKS_MS)))
  const trouble = await watch.waitForTrouble(STAYS_MS, session.setup.signal)
  if (trouble?.kind === 'host-fault') throw trouble
  return reason ?? trouble?.message
}

async function expect(
  session: AttemptSession,
  subject: string,
  expected: string,
  seen: string,
  holds: boolean,
): Promise<void> {
  await session.setup.log.observe('run', {
    kind: 'expectation',
    subject,
    expected,
    seen: oneLine(seen, 1900),
    holds,
    symptom: 'safe-mode-broken',
    severity: 'fail',
  })
}
