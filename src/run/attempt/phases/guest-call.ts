/** A call into the guest by an installer: under the watch, and over a new link if the old one broke without a reason. */
import { ChannelLost } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Target } from '../../../sdk/installer.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { MachineTrouble } from '../machine-trouble.ts'
import { reconnect } from './confirm-up.ts'

/** @throws MachineTrouble when the machine goes down or the link is lost; what the call throws otherwise */
export async function guestCall<T>(
  session: AttemptSession,
  ctx: Context,
  call: (target: Target, ctx: Context) => Promise<T>,
): Promise<T> {
  try {
    return await session.watched.watch.guard(ctx, (inner) => call(session.target(), inner))
  } catch (error) {
    if (!(error instanceof ChannelLost)) throw error
    ctx.signal.throwIfAborted()
    // An installer is not repeated blindly: it may have run half. The link is asked again only to tell a silent guest from a broken pipe.
    await reconnect(session, ctx)
    throw new MachineTrouble('agent-lost', `the link to the guest broke meanwhile: ${error.message}`)
  }
}
