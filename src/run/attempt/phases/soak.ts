/** Leaves the machine alone for a while and asks now and then whether it still lives: some updates kill slowly. */
import type { AttemptSession } from '../attempt-session.ts'
import { inPhase } from '../in-phase.ts'
import { confirmUp } from './confirm-up.ts'
import { runChecks } from './run-checks.ts'

const ASK_EVERY_MS = 15_000
const CHECKS_MS = 900_000

/** @throws MachineTrouble */
export async function soak(session: AttemptSession): Promise<void> {
  const { assignment, plan } = session.setup
  const milliseconds = (assignment.cell.soakSeconds ?? plan.settings.soakSeconds) * 1000
  await inPhase(session, 'soak', milliseconds * 2 + session.scaled(CHECKS_MS), async (ctx) => {
    const end = ctx.clock.now() + milliseconds
    for (let left = milliseconds; left > 0; left = end - ctx.clock.now()) {
      const slice = Math.min(left, ASK_EVERY_MS)
      await session.watched.watch.guard(ctx, (inner) => inner.clock.sleep(slice, inner.signal))
      if (slice === ASK_EVERY_MS) await confirmUp(session, ctx)
    }
    await runChecks(session, 'after-soak', ctx)
  })
}
