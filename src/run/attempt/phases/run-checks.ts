/** Runs the checks of one moment. They report; what they cannot look at is written down as not looked at, never as well. */
import type { Moment } from '../../../model/phase.ts'
import { DeadlineError } from '../../../kit/deadline.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { Fact } from '../../../model/observation.ts'
import { ChannelLost } from '../../../sdk/channel.ts'
import type { Check, CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { MachineTrouble } from '../machine-trouble.ts'
import type { Guard } from '../watch.ts'
import { confirmUp, reconnect } from './confirm-up.ts'

const CHECK_SECONDS = 60

/** @throws MachineTrouble when the machine goes down or silent meanwhile; AppError fault 'host' */
export async function runChecks(session: AttemptSession, moment: Moment, ctx: Context): Promise<void> {
  const { checks, os } = session.setup
  const chosen = checks.filter(
    (check) => check.start !== 'safe' && check.moments.includes(moment) && check.os.includes(os.name),
  )
  await guarded(session, ctx, async (guard) => {
    for (const check of chosen) await runCheck(session, check, moment, ctx, guard)
  })
  await confirmUp(session, ctx)
}

/** Runs the checks that look at a machine in its safe mode. @returns why the machine did not live through them, if so */
export async function askInSafeMode(session: AttemptSession, ctx: Context): Promise<string | undefined> {
  try {
    await guarded(session, ctx, async (guard) => {
      for (const check of safeChecks(session)) await runCheck(session, check, 'after-soak', ctx, guard)
    })
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (error instanceof MachineTrouble && error.kind !== 'host-fault') return error.message
    throw error
  }
  return undefined
}

async function guarded(
  session: AttemptSession,
  ctx: Context,
  work: (guard: Guard) => Promise<void>,
): Promise<void> {
  const guard = session.watched.watch.guardEach(ctx)
  try {
    await work(guard)
  } finally {
    guard.close()
  }
}

/** The chosen checks that look at this machine in its safe mode. */
export function safeChecks(session: AttemptSession): readonly Check[] {
  const { checks, os } = session.setup
  return checks.filter((check) => check.start === 'safe' && check.os.includes(os.name))
}

async function runCheck(
  session: AttemptSession,
  check: Check,
  moment: Moment,
  ctx: Context,
  guard: Guard,
): Promise<void> {
  const { log } = session.setup
  const blind = (reason: string): Promise<void> =>
    log.observe('run', { kind: 'blind', subject: check.id, reason: oneLine(reason, 1900) })
  try {
    const facts = await ask(session, check, moment, ctx, guard).catch((error: unknown) =>
      askAgain(error, session, check, moment, ctx, guard),
    )
    await log.looked(check.id, facts)
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (error instanceof MachineTrouble) throw error
    if (error instanceof DeadlineError) {
      await confirmUp(session, ctx)
      await blind('it did not finish in time, while the guest still answered')
    } else if (error instanceof AppError && error.fault === 'host') throw error
    else if (error instanceof AppError && error.code.startsWith('GUEST_')) await blind(error.message)
    else
      await log.pluginFault(check.id, 'PLUGIN_CHECK', error instanceof Error ? error.message : String(error))
  }
}

/** @throws what the check throws; ChannelLost */
function ask(
  session: AttemptSession,
  check: Check,
  moment: Moment,
  ctx: Context,
  guard: Guard,
): Promise<readonly Fact[]> {
  const allowed = session.scaled((check.seconds ?? CHECK_SECONDS) * 1000)
  const deadline = Math.min(ctx.deadline, ctx.clock.now() + allowed)
  return guard.run(check.id, deadline, (inner) => check.run(checkTarget(session, check, moment), inner))
}

/** @throws `error`, unless it is that the link was lost; MachineTrouble agent-lost when that happens again */
async function askAgain(
  error: unknown,
  session: AttemptSession,
  check: Check,
  moment: Moment,
  ctx: Context,
  guard: Guard,
): Promise<readonly Fact[]> {
  if (!(error instanceof ChannelLost)) throw error
  // The host shows no reason: the link alone may have broken. Once more over a new one, else the agent is silent.
  await reconnect(session, ctx)
  try {
    return await ask(session, check, moment, ctx, guard)
  } catch (again) {
    if (again instanceof ChannelLost)
      throw new MachineTrouble('agent-lost', `the link to the guest broke twice: ${again.message}`)
    throw again
  }
}

function checkTarget(session: AttemptSession, check: Check, moment: Moment): CheckTarget {
  const { assignment, products, parts, log } = session.setup
  const memory = session.memoryOf(check.id)
  return {
    ...session.target(),
    arm: assignment.arm,
    moment,
    phase: log.phase,
    profile: assignment.cell.machine,
    products,
    owned: session.owned,
    uses: assignment.cell.uses ?? [],
    memory,
    starts: session.watched.watch.start.ordinal,
    startedAt: session.watched.watch.start.at,
    ...(session.isCandidate ? { candidate: parts.candidate } : {}),
  }
}
