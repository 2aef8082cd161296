/** How the machine is before the candidate: every later look is compared with this one. */
import type { AttemptSession } from '../attempt-session.ts'
import { inPhase } from '../in-phase.ts'
import { runChecks } from './run-checks.ts'

const BASELINE_MS = 900_000

/** @throws MachineTrouble */
export async function baseline(session: AttemptSession): Promise<void> {
  await inPhase(session, 'baseline', session.scaled(BASELINE_MS), (ctx) =>
    runChecks(session, 'baseline', ctx),
  )
}
