/** The two ways to switch a machine off. */
import { withDeadline } from '../../../../kit/deadline.ts'
import type { Context } from '../../../../sdk/context.ts'
import type { GuestAgentClient } from '../../../channels/guest-agent/guest-agent-client.ts'
import type { MachineSession } from './machine-session.ts'

/** For the agent's agreement, and for QEMU to obey "quit". */
const ANSWER_MS = 10_000

/**
 * Asks the guest to shut down: its agent where one is there, else by the power button. Returns when it was asked.
 * An agent that shuts its system down gives no answer (qga/qapi-schema.json, guest-shutdown): silence is no refusal.
 */
export async function askForShutdown(
  session: MachineSession,
  agent: GuestAgentClient | undefined,
  ctx: Context,
): Promise<void> {
  if (agent !== undefined && (await agentShutsDown(session, agent, ctx))) return
  await session.execute('system_powerdown', {}, ctx).catch(() => undefined)
}

async function agentShutsDown(
  session: MachineSession,
  agent: GuestAgentClient,
  ctx: Context,
): Promise<boolean> {
  const brief = { ...ctx, deadline: Math.min(ctx.deadline, ctx.clock.now() + ANSWER_MS) }
  const asked = (async () => {
    const epoch = await agent.synchronize(brief, () => undefined)
    await agent.call('guest-shutdown', { mode: 'powerdown' }, epoch, brief)
  })().then(
    () => true,
    () => false,
  )
  const gone = session.ended.then(() => true)
  const agreed = await Promise.race([asked, gone])
  ctx.signal.throwIfAborted()
  return agreed
}

/** "quit" lets QEMU write its disk's tables; a process that does not obey is killed. */
export async function cutPower(session: MachineSession, ctx: Context): Promise<void> {
  const brief = { ...ctx, deadline: Math.min(ctx.deadline, ctx.clock.now() + ANSWER_MS) }
  try {
    await session.execute('quit', {}, brief)
    await withDeadline('QEMU’s end', brief, async () => await session.ended)
  } catch {
    await session.process.kill()
  }
}
