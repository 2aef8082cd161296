/** The first start of the machine, before anything of the candidate is in it. */
import { DeadlineError, withDeadline } from '../../../kit/deadline.ts'
import { AppError } from '../../../model/errors.ts'
import type { SafeBoot } from '../../../sdk/provider.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { awaitBoot } from '../await-boot.ts'
import { inPhase } from '../in-phase.ts'

/** The host must at least say that the machine runs; the guest's own start has its own deadline. */
const START_MS = 120_000
/** Before a start in safe mode the host may have to write into the disk that it is wanted. */
const START_SAFE_MS = 300_000
/** Services are given time to stop. */
const SHUTDOWN_MS = 60_000

/** @throws MachineTrouble when it does not come up */
export async function boot(session: AttemptSession): Promise<void> {
  const limit = session.bootDeadlineMs()
  await inPhase(session, 'boot', limit + 2 * START_MS, async (ctx) => {
    await startMachine(session)
    await awaitBoot(session, 'start', { ...ctx, deadline: ctx.clock.now() + limit })
  })
}

/**
 * Switches the machine on, in its safe mode where the way into it is given.
 * @throws AppError fault 'host' when the host does not say in time that it runs
 */
export async function startMachine(session: AttemptSession, safeBoot?: SafeBoot): Promise<void> {
  const { machine, watch } = session.watched
  watch.beginStart()
  await inHostTime('HOST_START', 'the host did not start the machine in time', async () => {
    if (safeBoot === undefined) await machine.start(session.context(START_MS))
    else await safeBoot.startSafe(session.context(START_SAFE_MS))
  })
}

/** Cuts the cord; a machine that is off stays off. @throws AppError fault 'host', also when that takes too long */
export async function powerOff(session: AttemptSession): Promise<void> {
  const { machine, watch } = session.watched
  watch.expectOff()
  await inHostTime('HOST_STOP', 'the host did not switch the machine off in time', async () => {
    await machine.stop('power', session.context(START_MS))
  })
}

/**
 * Asks the guest to shut down, so that what it holds in memory reaches its disk, and cuts the cord only where it does not go
 * off by itself. @throws AppError fault 'host'; MachineTrouble of kind host-fault
 */
export async function switchOff(session: AttemptSession): Promise<void> {
  const { machine, watch } = session.watched
  await session.unlink()
  watch.expectOff()
  try {
    await watch.guard(session.context(session.scaled(SHUTDOWN_MS)), (ctx) =>
      withDeadline('the power-off', ctx, (signal) => machine.stop('guest', { ...ctx, signal })),
    )
  } catch (error) {
    session.setup.signal.throwIfAborted()
    if (watch.trouble?.kind === 'host-fault') throw error
  }
  await powerOff(session)
}

/** A switch is the host's to turn: when it is not in time, nothing in the guest is to blame. */
async function inHostTime(code: string, late: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof DeadlineError) throw new AppError(code, 'host', late, { cause: error })
    throw error
  }
}
