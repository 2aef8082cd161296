/** Asks a machine that should be up whether it is still the machine that settled. */
import { DeadlineError, withDeadline } from '../../../kit/deadline.ts'
import { ChannelLost } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { MachineTrouble } from '../machine-trouble.ts'

const QUESTION_MS = 20_000
const CONNECT_MS = 30_000
/** A machine that dies right after it said that it is up was never up. */
const STAYS_MS = 1_500

/**
 * Proves that the guest answers, has not restarted since it settled and still says that its start has ended.
 * @throws MachineTrouble otherwise
 */
export async function confirmUp(session: AttemptSession, ctx: Context): Promise<void> {
  const { watch } = session.watched
  const upFor = ctx.clock.now() - (session.lastStart?.at ?? 0)
  if (upFor < STAYS_MS) await watch.guard(ctx, (inner) => inner.clock.sleep(STAYS_MS - upFor, inner.signal))
  try {
    await askIdentity(session, ctx)
  } catch (error) {
    if (!(error instanceof ChannelLost) && !(error instanceof DeadlineError)) throw error
    ctx.signal.throwIfAborted()
    await reconnect(session, ctx)
  }
}

/** Opens a new link to a guest whose old one broke. @throws MachineTrouble agent-lost when it stays silent */
export async function reconnect(session: AttemptSession, ctx: Context): Promise<void> {
  const { machine, watch } = session.watched
  await session.unlink()
  const deadline = Math.min(ctx.deadline, ctx.clock.now() + session.scaled(CONNECT_MS))
  try {
    session.linked(
      await withDeadline('the link to the guest', { ...ctx, deadline }, (signal) =>
        watch.guard({ ...ctx, signal, deadline }, (inner) => machine.connect(inner)),
      ),
    )
    await askIdentity(session, ctx)
  } catch (error) {
    if (!(error instanceof ChannelLost) && !(error instanceof DeadlineError)) throw error
    ctx.signal.throwIfAborted()
    throw (
      watch.trouble ?? new MachineTrouble('agent-lost', 'the host says that it runs, but the guest is silent')
    )
  }
}

async function askIdentity(session: AttemptSession, ctx: Context): Promise<void> {
  const { guest, os } = session.target()
  const deadline = Math.min(ctx.deadline, ctx.clock.now() + session.scaled(QUESTION_MS))
  const facts = await withDeadline('a question to the guest', { ...ctx, deadline }, (signal) =>
    session.watched.watch.guard({ ...ctx, signal, deadline }, (inner) => os.boot(guest, inner)),
  )
  if (facts.bootId !== session.lastStart?.bootId)
    throw new MachineTrouble(
      'reset',
      'the guest runs under another boot id: it restarted without being asked',
    )
  if (!facts.finished && session.lastStart.safe !== true)
    throw new MachineTrouble('agent-lost', 'the system no longer says that its start has ended')
}
