/** Restarts the guest in an orderly way and judges the start that follows. */
import { DeadlineError, withDeadline } from '../../../kit/deadline.ts'
import { ChannelLost } from '../../../sdk/channel.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { awaitBoot } from '../await-boot.ts'
import { inPhase } from '../in-phase.ts'

const ASK_MS = 30_000
/** Services are given time to stop. */
const SHUTDOWN_MS = 60_000

/** @throws MachineTrouble when it does not come up again */
export async function restart(session: AttemptSession): Promise<void> {
  const limit = session.bootDeadlineMs() + session.scaled(SHUTDOWN_MS)
  await inPhase(session, 'restart', limit + session.scaled(2 * ASK_MS), () => restartGuest(session))
}

/** The same inside another phase. @throws MachineTrouble */
export async function restartGuest(session: AttemptSession): Promise<void> {
  const { machine, watch } = session.watched
  const { guest, os } = session.target()
  const before = watch.start.ordinal
  const asking = session.context(session.scaled(ASK_MS))
  try {
    await watch.guard(asking, (ctx) =>
      withDeadline('the request to restart', ctx, async (signal) => {
        machine.expectRestart()
        await os.restart(guest, { ...ctx, signal })
      }),
    )
  } catch (error) {
    // A guest that goes down at once cannot say that it agreed; whether it restarted is judged below.
    if (!(error instanceof ChannelLost) && !(error instanceof DeadlineError)) throw error
    session.setup.signal.throwIfAborted()
  }
  const shutdown = session.scaled(SHUTDOWN_MS)
  await watch.waitForStartAfter(before, shutdown, session.setup.signal)
  if (watch.trouble !== undefined) throw watch.trouble
  await awaitBoot(session, 'asked-restart', session.context(session.bootDeadlineMs()))
}
