/**
 * Starts the machine once in its safe mode and then again as usual: what still starts there can be fixed by hand when nothing
 * else does. Only where a chosen check wants to look at it, on machines that can be started so.
 */
import { DeadlineError, withDeadline } from '../../../kit/deadline.ts'
import { oneLine } from '../../../kit/text.ts'
import { ChannelLost } from '../../../sdk/channel.ts'
import type { SafeBoot } from '../../../sdk/provider.ts'
import type { AttemptSession, LastStart } from '../attempt-session.ts'
import { awaitBoot, untilFinished } from '../await-boot.ts'
import { inPhase } from '../in-phase.ts'
import { MachineTrouble } from '../machine-trouble.ts'
import { powerOff, startMachine } from './boot.ts'
import { askInSafeMode, safeChecks } from './run-checks.ts'

const SHUTDOWN_MS = 120_000
/** A start in safe mode may take that much longer than an ordinary one. */
const LONGER_MS = 300_000
/** For each check: a link that breaks, a new one, the question again, and whether the guest is still up after it was late. */
const CHECK_MS = 300_000
/** What the host itself does before and after: two times off, two times on. */
const SWITCHING_MS = 900_000

/** A machine that dies right after the last look did not live through its safe mode. */
const STAYS_MS = 3000
/** A host that looks at its log once a second tells how a machine ended after it is off. */
const LAST_WORDS_MS = 3000

/** @throws MachineTrouble when the machine dies before safe mode, or does not come up as usual after it */
export async function safeMode(session: AttemptSession): Promise<void> {
  const { assignment } = session.setup
  const { safeBoot } = session.watched.machine
  if (safeChecks(session).length === 0) return
  if (safeBoot === undefined) return await notLookedAt(session, 'this machine cannot be started so')
  if (assignment.cell.start?.from === 'checkpoint')
    return await notLookedAt(session, 'a machine that went on from a checkpoint has to answer within minutes')
  const limit = session.bootDeadlineMs()
  const whole = 2 * limit + LONGER_MS + SWITCHING_MS + session.scaled(SHUTDOWN_MS) + checksMs(session)
  await inPhase(session, 'restart', whole, async () => {
    await shutDown(session)
    await look(session, safeBoot)
    await startMachine(session)
    await awaitBoot(session, 'start', session.context(limit))
  })
}

const checksMs = (session: AttemptSession): number => session.scaled(CHECK_MS) * safeChecks(session).length

/** Under the name of each check, so that a check that a verdict can do without costs none. */
async function notLookedAt(session: AttemptSession, because: string): Promise<void> {
  const reason = `not looked at in safe mode: ${because}`
  for (const { id } of safeChecks(session))
    await session.setup.log.observe('run', { kind: 'blind', subject: id, reason })
}

/** @throws MachineTrouble when it dies on its way down: that is an ordinary death, which no safe mode explains */
async function shutDown(session: AttemptSession): Promise<void> {
  const { machine, watch } = session.watched
  const { signal } = session.setup
  await session.unlink()
  watch.expectOff()
  try {
    await watch.guard(session.context(session.scaled(SHUTDOWN_MS)), (ctx) => machine.stop('guest', ctx))
  } catch (error) {
    signal.throwIfAborted()
    // What the host failed in may have been a machine that died under it.
    if (!(error instanceof DeadlineError)) throw (await watch.waitForTrouble(LAST_WORDS_MS, signal)) ?? error
  }
  await powerOff(session)
  const trouble = await watch.waitForTrouble(LAST_WORDS_MS, signal)
  if (trouble === undefined) return
  // It is followed into the start that it made by itself, which the power-off has just ended.
  if (trouble.kind === 'reset') await startMachine(session)
  throw trouble
}

/** Ends with a machine that is off, whatever was seen before. */
async function look(session: AttemptSession, safeBoot: SafeBoot): Promise<void> {
  const { watch } = session.watched
  const before = session.lastStart
  // What dies here is told by the expectations below, and only there.
  session.expectDeaths(true)
  try {
    const lived = await observe(session, await startSafe(session, safeBoot))
    session.countFrom(lived ? countedFrom(before, session.lastStart) : undefined)
    await session.unlink()
    await powerOff(session)
    await session.clock.sleep(LAST_WORDS_MS, session.setup.signal)
    if (watch.trouble?.kind === 'host-fault') throw watch.trouble
  } finally {
    session.expectDeaths(false)
  }
}

/**
 * From where the guest's count goes on after a safe mode that lived; after a safe mode that died it is unknown whether it was counted.
 * A system that does not count a start in safe mode is no fault, a system that counted more of them restarted unseen.
 */
function countedFrom(before: LastStart | undefined, safe: LastStart | undefined): LastStart | undefined {
  if (before === undefined || safe === undefined) return safe
  return safe.bootCount - before.bootCount > safe.ordinal - before.ordinal ? before : safe
}

type Seen = { readonly mode: string } | { readonly failed: string; readonly alive: boolean }

/** @throws AppError fault 'host' when the host does not start it in time */
async function startSafe(session: AttemptSession, safeBoot: SafeBoot): Promise<Seen> {
  const { watch } = session.watched
  await startMachine(session, safeBoot)
  try {
    const ctx = session.context(session.bootDeadlineMs() + LONGER_MS)
    const { mode, bootId, bootCount } = await withDeadline('the start in safe mode', ctx, (signal) =>
      watch.guard({ ...ctx, signal }, (inner) => untilFinished(session, {}, inner)),
    )
    const safe = mode === 'safe'
    session.settled({ bootId, bootCount, ordinal: watch.start.ordinal, at: session.clock.now(), safe })
    return { mode }
  } catch (error) {
    session.setup.signal.throwIfAborted()
    if (error instanceof MachineTrouble && error.kind !== 'host-fault')
      return { failed: error.message, alive: false }
    if (error instanceof DeadlineError || error instanceof ChannelLost)
      return { failed: 'it did not come up in time', alive: watch.start.heartbeat }
    throw error
  }
}

/** @returns whether it answered, and lived until the last look was over */
async function observe(session: AttemptSession, seen: Seen): Promise<boolean> {
  // The system runs, and the way into it does not: that says nothing against it.
  if ('failed' in seen && seen.alive) {
    await notLookedAt(session, 'the heartbeat is green, but no session can be opened there')
    return false
  }
  const safe = 'mode' in seen && seen.mode === 'safe'
  const words = 'mode' in seen ? `it runs in ${seen.mode} mode` : seen.failed
  await expect(session, 'safe-mode:start', 'it starts in safe mode', words, safe)
  if (!safe) return 'mode' in seen
  const died = await diesThere(session)
  await expect(
    session,
    'safe-mode:stays',
    'it stays up in safe mode',
    died ?? 'it stayed up',
    died === undefined,
  )
  return died === undefined
}

/** Asks the checks and waits a moment. @returns why the machine did not live through it */
async function diesThere(session: AttemptSession): Promise<string | undefined> {
  const { watch } = session.watched
  const reason = await askInSafeMode(session, session.context(checksMs(session)))
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
