/**
 * Judges one start from the host first: what milestone it reached, whether it restarted, died or waits for a person; then asks the guest
 * whether its boot id is a new one and whether the system says that its start has ended. A heartbeat alone is never enough.
 */
import type { Instant } from '../../kit/clock.ts'
import { DeadlineError, withDeadline } from '../../kit/deadline.ts'
import type { FactOf } from '../../model/observation.ts'
import { ChannelLost } from '../../sdk/channel.ts'
import type { Context } from '../../sdk/context.ts'
import type { BootFacts } from '../../sdk/guest-os.ts'
import type { AttemptSession } from './attempt-session.ts'
import { MachineTrouble } from './machine-trouble.ts'

/** One question to a guest that is still busy starting. */
const QUESTION_MS = 30_000
const POLL_MS = 250

type BootFact = FactOf<'boot'>

interface Seen {
  /** From the start to the first answer of the new system. */
  readyMs?: number
  facts?: BootFacts
  /** When the system of the start before last answered, if it did. */
  oldAnswerAt?: Instant
}

/**
 * Waits until the machine is up and says so in the journal, whatever happens.
 * @throws MachineTrouble when it did not come up; its kind tells why
 */
export async function awaitBoot(
  session: AttemptSession,
  cause: BootFact['cause'],
  ctx: Context,
): Promise<void> {
  const { watch } = session.watched
  await session.unlink()
  const seen: Seen = {}
  const before = session.lastStart
  try {
    const answer = await withDeadline('the boot', ctx, (signal) =>
      watch.guard({ ...ctx, signal }, (inner) => untilFinished(session, seen, inner)),
    )
    const { start } = watch
    const settledMs = session.clock.now() - start.at
    if (answer.mode !== 'normal' && cause !== 'recovery') {
      await observeStuck(session, answer)
      await observeBoot(session, cause, 'recovery', seen)
      throw new MachineTrouble('stuck', `the system started in its ${answer.mode} mode`)
    }
    watch.reached('settled')
    await observeBoot(session, cause, 'settled', seen, settledMs)
    await observeCount(session, before, answer)
    const { bootId, bootCount } = answer
    session.settled({ bootId, bootCount, ordinal: start.ordinal, at: session.clock.now() }, settledMs)
  } catch (error) {
    if (error instanceof MachineTrouble && error.kind === 'stuck' && seen.facts !== undefined) throw error
    throw await explain(session, cause, seen, error, ctx)
  }
}

/** Asks until the guest answers from a new start that has ended, or is none of its normal mode; the link stays open. */
export async function untilFinished(session: AttemptSession, seen: Seen, ctx: Context): Promise<BootFacts> {
  const { machine, watch } = session.watched
  const { os } = session.setup
  for (;;) {
    const guest = await machine.connect(ctx)
    try {
      for (;;) {
        const facts = await question(ctx, (inner) => os.boot(guest, inner))
        // The old system may still answer while it goes down.
        if (facts.bootId === session.lastStart?.bootId) seen.oldAnswerAt = session.clock.now()
        else {
          if (seen.facts === undefined) {
            watch.reached('agent')
            seen.readyMs = session.clock.now() - watch.start.at
          }
          seen.facts = facts
          if (facts.finished || facts.mode !== 'normal') {
            session.linked(guest)
            return facts
          }
        }
        await ctx.clock.sleep(POLL_MS, ctx.signal)
      }
    } catch (error) {
      // A link that is already dead is no news.
      await guest.close().catch(() => undefined)
      // A guest on its way down or up loses its links; the host's signals and the deadline decide, not one lost link.
      if (!(error instanceof ChannelLost) && !isOwnDeadline(error, ctx)) throw error
      await ctx.clock.sleep(POLL_MS, ctx.signal)
    }
  }
}

function question<T>(ctx: Context, work: (ctx: Context) => Promise<T>): Promise<T> {
  const deadline = Math.min(ctx.deadline, ctx.clock.now() + QUESTION_MS)
  return withDeadline(
    'a question to the guest',
    { clock: ctx.clock, deadline, signal: ctx.signal },
    (signal) => work({ ...ctx, signal, deadline }),
  )
}

function isOwnDeadline(error: unknown, ctx: Context): boolean {
  return error instanceof DeadlineError && ctx.clock.now() < ctx.deadline
}

/** Writes down how the start ended, and returns the trouble to throw. Anything that is not the machine's is passed through. */
async function explain(
  session: AttemptSession,
  cause: BootFact['cause'],
  seen: Seen,
  error: unknown,
  ctx: Context,
): Promise<unknown> {
  const { watch } = session.watched
  if (session.setup.signal.aborted) return session.setup.signal.reason
  const late = error instanceof DeadlineError || error instanceof ChannelLost
  if (!(error instanceof MachineTrouble) && !late) return error
  const trouble =
    watch.trouble ??
    (error instanceof MachineTrouble
      ? error
      : new MachineTrouble('deadline', 'the machine did not come up in time'))
  const ordinal = trouble.ordinal ?? watch.start.ordinal
  await watch.flush()
  if (trouble.kind === 'deadline' && cause === 'asked-restart' && stillUp(session, seen))
    return await restartIgnored(session, ordinal)
  const { crashes } = session.watched
  watch.reached(await crashes.milestoneOf(ordinal, ordinal === watch.start.ordinal), ordinal)
  await observeBoot(session, cause, ENDED[trouble.kind], seen, undefined, ordinal)
  if (trouble.kind === 'deadline') await observeSilence(session, seen.facts, ordinal, ctx)
  return trouble
}

/** The system that was asked to restart answered until now, and the host saw no start since. */
function stillUp(session: AttemptSession, { facts, oldAnswerAt }: Seen): boolean {
  return (
    facts === undefined &&
    oldAnswerAt !== undefined &&
    session.clock.now() - oldAnswerAt <= QUESTION_MS &&
    session.watched.watch.start.ordinal === session.lastStart?.ordinal
  )
}

async function restartIgnored(session: AttemptSession, ordinal: number): Promise<MachineTrouble> {
  const detail = 'it was asked to restart and agreed, and it still answers from the start before'
  await session.setup.log.observe('watch', {
    kind: 'power',
    asked: 'restart',
    did: 'nothing',
    detail,
    milestone: session.watched.watch.milestoneOf(ordinal),
    bootOrdinal: ordinal,
  })
  return new MachineTrouble('restart-ignored', detail, { ordinal })
}

/** Why a machine that did not come up in time could not be used, as far as the host and the guest say. */
async function observeSilence(
  session: AttemptSession,
  facts: BootFacts | undefined,
  ordinal: number,
  ctx: Context,
): Promise<void> {
  const { watch } = session.watched
  const { log } = session.setup
  const milestone = watch.milestoneOf(ordinal)
  const waited = `not up after ${Math.round((ctx.clock.now() - watch.start.at) / 1000)} s`
  if (facts?.setup !== undefined) {
    const detail = `${waited}: the system's setup has not ended (${facts.setup})`
    await log.observe('watch', { kind: 'stuck', where: 'setup', detail, bootOrdinal: ordinal })
    return
  }
  // A green heartbeat says that services run; whoever cannot sign in then sees a machine that hangs at logon.
  const logon = facts === undefined && watch.start.ordinal === ordinal && watch.start.heartbeat
  await log.observe('watch', {
    kind: 'hang',
    mechanism: logon ? 'logon' : facts === undefined ? 'unknown' : 'idle-silent',
    detail: `${waited}; last milestone: ${milestone}${logon ? '; its heartbeat is green, but no session can be opened' : ''}`,
    milestone,
    bootOrdinal: ordinal,
  })
}

const ENDED: Readonly<Record<MachineTrouble['kind'], BootFact['ended']>> = {
  crash: 'crash',
  reset: 'reset',
  'power-off': 'power-off',
  'host-fault': 'power-off',
  stuck: 'recovery',
  'agent-lost': 'agent-lost',
  deadline: 'deadline',
  'restart-ignored': 'deadline',
}

async function observeBoot(
  session: AttemptSession,
  cause: BootFact['cause'],
  end: BootFact['ended'],
  seen: Seen,
  settledMs?: number,
  ordinal = session.watched.watch.start.ordinal,
): Promise<void> {
  const { readyMs, facts } = seen
  await session.setup.log.observe('watch', {
    kind: 'boot',
    ordinal,
    cause,
    milestone: session.watched.watch.milestoneOf(ordinal),
    ended: end,
    ...(readyMs === undefined ? {} : { readyMs }),
    ...(settledMs === undefined ? {} : { settledMs }),
    ...(facts === undefined ? {} : { bootId: facts.bootId, guestBootCount: facts.bootCount }),
  })
}

async function observeStuck(session: AttemptSession, facts: BootFacts): Promise<void> {
  await session.setup.log.observe('watch', {
    kind: 'stuck',
    where: facts.mode === 'safe' ? 'safe-mode' : 'recovery',
    detail: `the system says that it runs in its ${facts.mode} mode`,
    bootOrdinal: session.watched.watch.start.ordinal,
  })
}

/** The guest's own count must have grown by exactly the starts that the host saw. */
async function observeCount(
  session: AttemptSession,
  before: AttemptSession['lastStart'],
  facts: BootFacts,
): Promise<void> {
  if (before === undefined) return
  const starts = session.watched.watch.start.ordinal - before.ordinal
  const counted = facts.bootCount - before.bootCount
  await session.setup.log.observe('watch', {
    kind: 'expectation',
    subject: 'boot:count',
    expected: `${starts} since the last look, as the host counted`,
    seen: `${counted}`,
    holds: counted === starts,
    symptom: 'unexpected-restart',
    severity: 'fail',
  })
}
