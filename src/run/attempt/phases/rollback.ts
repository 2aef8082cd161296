/** Takes the candidate out, restarts and looks again. The control goes through the same restart and looks. */
import type { AttemptSession } from '../attempt-session.ts'
import { inPhase } from '../in-phase.ts'
import { guestCall } from './guest-call.ts'
import { installFailed } from './install.ts'
import { restartGuest } from './restart.ts'
import { runChecks } from './run-checks.ts'

const ROLLBACK_MS = 1_800_000

/** @throws MachineTrouble */
export async function rollback(session: AttemptSession): Promise<void> {
  const limit = session.scaled(ROLLBACK_MS) + session.bootDeadlineMs()
  await inPhase(session, 'rollback', limit, async (ctx) => {
    if (session.isCandidate) {
      const { installer, artifact } = session.installer()
      const source = `installer:${artifact.kind}`
      try {
        const removed = await guestCall(session, ctx, (target, inner) =>
          installer.remove(artifact, session.undo, target, inner),
        )
        await session.setup.log.observe(source, removed.fact)
      } catch (error) {
        await installFailed(session, 'remove', error, ctx)
      }
    }
    await restartGuest(session)
    await runChecks(session, 'after-rollback', ctx)
  })
}
