/** Restarts the guest in an orderly way, or switches it off and on again, and judges the start that follows. */
import { DeadlineError, withDeadline } from '../../../kit/deadline.ts'
import type { FactOf } from '../../../model/observation.ts'
import { ChannelLost } from '../../../sdk/channel.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { awaitBoot } from '../await-boot.ts'
import { inPhase } from '../in-phase.ts'
import { powerOff, startMachine } from './boot.ts'

const ASK_MS = 30_000
/** Services are given time to stop. */
const SHUTDOWN_MS = 60_000
/** A machine that is off for so long stays off: a machine that "restarts in the place of going off" is back within a second. */
const STAYS_OFF_MS = 3000

/** @throws MachineTrouble when it does not come up again */
export async function restart(session: AttemptSession): Promise<void> {
  await inPhase(session, 'restart', restartMs(session), () => restartGuest(session))
}

/**
 * A restart by way of the power switch: the guest is asked to shut down, must go off and stay off, and is switched on again.
 * A guest that does not go off is told and cut; a guest that comes back by itself is told and goes on from that start.
 * @throws MachineTrouble when it dies on its way down, or does not come up again
 */
export async function powerCycle(session: AttemptSession): Promise<void> {
  const whole = restartMs(session) + session.scaled(SHUTDOWN_MS) + 2 * STAYS_OFF_MS
  await inPhase(session, 'restart', whole, async () => {
    if (await goesOff(session)) await startMachine(session)
    await awaitBoot(session, 'start', session.context(session.bootDeadlineMs()))
  })
}

function restartMs(session: AttemptSession): number {
  return session.bootDeadlineMs() + session.scaled(SHUTDOWN_MS) + session.scaled(2 * ASK_MS)
}

/** @returns whether the machine is off now; false when it came back by itself */
async function goesOff(session: AttemptSession): Promise<boolean> {
  const { machine, watch } = session.watched
  const { signal } = session.setup
  const ordinal = watch.start.ordinal
  const limit = session.context(session.scaled(SHUTDOWN_MS))
  let off = true
  watch.expectOff()
  await session.unlink()
  try {
    await watch.guard(limit, (ctx) =>
      withDeadline('the power-off', ctx, (inner) => machine.stop('guest', { ...ctx, signal: inner })),
    )
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof DeadlineError) && watch.trouble?.kind !== 'reset') throw watch.trouble ?? error
    off = false
  }
  const trouble = await watch.waitForTrouble(STAYS_OFF_MS, signal)
  if (trouble !== undefined && trouble.kind !== 'reset') throw trouble
  if (off && trouble === undefined) return true
  const did = trouble === undefined ? 'nothing' : 'restart'
  const seconds = Math.round(session.scaled(SHUTDOWN_MS) / 1000)
  await observePower(
    session,
    did,
    did === 'restart' ? 'it started again by itself' : `it still runs after ${seconds} s`,
    ordinal,
  )
  if (did === 'restart') {
    watch.acknowledge()
    return false
  }
  await powerOff(session)
  return true
}

async function observePower(
  session: AttemptSession,
  did: FactOf<'power'>['did'],
  detail: string,
  bootOrdinal: number,
): Promise<void> {
  const milestone = session.watched.watch.milestoneOf(bootOrdinal)
  await session.setup.log.observe('watch', {
    kind: 'power',
    asked: 'off',
    did,
    detail,
    milestone,
    bootOrdinal,
  })
}

/** The same inside another phase. @throws MachineTrouble */
export async function restartGuest(session: AttemptSession): Promise<void> {
  const { watch } = session.watched
  const before = watch.start.ordinal
  await askForRestart(session)
  const shutdown = session.scaled(SHUTDOWN_MS)
  await watch.waitForStartAfter(before, shutdown, session.setup.signal)
  if (watch.trouble !== undefined) throw watch.trouble
  await awaitBoot(session, 'asked-restart', session.context(session.bootDeadlineMs()))
}

/** A guest that goes down at once cannot say that it agreed; whether it did is judged by what the machine does. */
async function askForRestart(session: AttemptSession): Promise<void> {
  const { machine, watch } = session.watched
  const { guest, os } = session.target()
  const asking = session.context(session.scaled(ASK_MS))
  try {
    await watch.guard(asking, (ctx) =>
      withDeadline('the request to restart', ctx, async (signal) => {
        machine.expectRestart()
        watch.expectRestart()
        await os.restart(guest, { ...ctx, signal })
      }),
    )
  } catch (error) {
    session.setup.signal.throwIfAborted()
    if (!(error instanceof ChannelLost) && !(error instanceof DeadlineError)) throw error
  }
}
