/** Opens a phase in the journal, gives it its deadline, and closes it with how it ended. */
import { DeadlineError, withDeadline } from '../../kit/deadline.ts'
import type { Phase, PhaseEnd } from '../../model/phase.ts'
import type { Context } from '../../sdk/context.ts'
import type { AttemptSession } from './attempt-session.ts'
import { MachineTrouble } from './machine-trouble.ts'

/** @throws what the work throws, after the phase was closed; DeadlineError when its own deadline passed */
export async function inPhase<T>(
  session: AttemptSession,
  phase: Phase,
  milliseconds: number,
  work: (ctx: Context) => Promise<T>,
): Promise<T> {
  const { log, signal } = session.setup
  const deadline = session.clock.now() + milliseconds
  await log.openPhase(phase, deadline)
  try {
    const value = await withDeadline(`phase ${phase}`, { clock: session.clock, deadline, signal }, (inner) =>
      work({ ...session.context(milliseconds, inner), deadline }),
    )
    if (session.hasMachine) await session.watched.watch.flush()
    log.closePhase(phase, 'done')
    return value
  } catch (error) {
    if (session.hasMachine) await session.watched.watch.flush()
    log.closePhase(phase, endOf(error))
    throw error
  }
}

function endOf(error: unknown): PhaseEnd {
  if (error instanceof MachineTrouble) {
    if (error.kind === 'host-fault') return 'fault'
    return error.kind === 'deadline' ? 'deadline' : 'symptom'
  }
  return error instanceof DeadlineError ? 'deadline' : 'fault'
}
