/** Looks at the running machine, with the candidate in it on its arm. */
import type { Moment } from '../../../model/phase.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { inPhase } from '../in-phase.ts'
import { proveInstalled } from './install.ts'
import { runChecks } from './run-checks.ts'

const CHECK_PHASE_MS = 900_000

/** @throws MachineTrouble */
export async function check(session: AttemptSession, moment: Moment): Promise<void> {
  await inPhase(session, 'check', session.scaled(CHECK_PHASE_MS), async (ctx) => {
    if (session.isCandidate && moment === 'after-restart') await proveInstalled(session, ctx)
    await runChecks(session, moment, ctx)
  })
}
