/** The first start of the machine, before anything of the candidate is in it. */
import { DeadlineError } from '../../kit/deadline.ts'
import { AppError } from '../../model/errors.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { awaitBoot } from '../await-boot.ts'
import { inPhase } from '../in-phase.ts'

/** The host must at least say that the machine runs; the guest's own start has its own deadline. */
const START_MS = 120_000

/** @throws MachineTrouble when it does not come up */
export async function boot(session: AttemptSession): Promise<void> {
  const limit = session.bootDeadlineMs()
  await inPhase(session, 'boot', limit + 2 * START_MS, async (ctx) => {
    await startMachine(session)
    await awaitBoot(session, 'start', { ...ctx, deadline: ctx.clock.now() + limit })
  })
}

/** Switches the machine on. @throws AppError fault 'host' when the host does not say in time that it runs */
export async function startMachine(session: AttemptSession): Promise<void> {
  const { machine, watch } = session.watched
  watch.beginStart()
  try {
    await machine.start(session.context(START_MS))
  } catch (error) {
    if (error instanceof DeadlineError)
      throw new AppError('HOST_START', 'host', 'the host did not start the machine in time', { cause: error })
    throw error
  }
}

/** Cuts the cord; a machine that is off stays off. @throws AppError fault 'host' */
export async function powerOff(session: AttemptSession): Promise<void> {
  const { machine, watch } = session.watched
  watch.expectOff()
  await machine.stop('power', session.context(START_MS))
}
