/** One attempt of one arm of a cell, top to bottom: the phases, and what happens when the machine dies under them. */
import { ChannelLost } from '../../sdk/channel.ts'
import { DeadlineError } from '../../kit/deadline.ts'
import { asAppError, type AppError } from '../../model/errors.ts'
import type { AttemptEnd } from '../../model/event.ts'
import { AttemptSession, type AttemptSetup } from './attempt-session.ts'
import { MachineTrouble } from './machine-trouble.ts'
import { baseline } from './phases/baseline.ts'
import { boot } from './phases/boot.ts'
import { check } from './phases/check.ts'
import { collect } from './phases/collect.ts'
import { followTrouble } from './phases/follow-trouble.ts'
import { install } from './phases/install.ts'
import { provision } from './phases/provision.ts'
import { recover } from './phases/recover.ts'
import { powerCycle, restart } from './phases/restart.ts'
import { restore } from './phases/restore.ts'
import { rollback } from './phases/rollback.ts'
import { safeMode } from './phases/safe-mode.ts'
import { soak } from './phases/soak.ts'

/** Each undo has this long, whatever ended the attempt. */
const CLEANUP_MS = 120_000

export interface AttemptResult {
  readonly end: AttemptEnd
  readonly pluginFaults: number
  /** A machine that could not be destroyed, with the reason: `ringzero sweep` must look for it. */
  readonly leftBehind: readonly string[]
}

/** Runs it and writes all of it into the journal. @throws AppError JOURNAL_* when the journal cannot be written any more */
export async function runCell(setup: AttemptSetup): Promise<AttemptResult> {
  const session = new AttemptSession(setup)
  const { log, assignment, cleanup, parts, evidence } = setup
  await log.opened(assignment.host, assignment.slot)
  let end: AttemptEnd
  try {
    await live(session)
    end = 'completed'
  } catch (error) {
    end = await classify(session, error)
  }
  await session.unlink()
  const failures = await cleanup.unwind(parts.clock, parts.log, CLEANUP_MS)
  if (session.hasMachine) await session.watched.watch.flush()
  await evidence.writeManifest().catch((error: unknown) => {
    parts.log.log('warn', 'the manifest of the evidence was not written', { reason: String(error) })
  })
  await log.closed(end)
  return {
    end,
    pluginFaults: log.pluginFaults,
    leftBehind: failures.map(({ what, reason }) => `${what}: ${reason}`),
  }
}

async function live(session: AttemptSession): Promise<void> {
  const { assignment } = session.setup
  await provision(session)
  try {
    await (assignment.cell.start?.from === 'checkpoint' ? restore(session) : boot(session))
    await baseline(session)
    if (session.isCandidate) await install(session)
    await check(session, 'after-install')
    const { restarts } = session.setup.plan.settings
    for (let start = 0; start < restarts; start += 1) {
      // The last of several goes through the power switch: a machine must go off, too, and start cold.
      await (start > 0 && start === restarts - 1 ? powerCycle(session) : restart(session))
      await check(session, 'after-restart')
    }
    await soak(session)
    await safeMode(session)
    await rollback(session)
  } catch (error) {
    await openUp(session, troubleOf(error))
    return
  }
  await collect(session)
}

/** A cell that dies is opened: first sight, further starts, its disk, and the ladder that may bring it back. */
async function openUp(session: AttemptSession, trouble: MachineTrouble): Promise<void> {
  const { state, stays } = await followTrouble(session, trouble)
  if (state === 'dead') await session.unlink()
  await collect(session)
  if (state === 'dead' && session.candidateIn && !session.setup.keepFailed) await recover(session, stays)
}

/** @throws what is no trouble of the machine */
function troubleOf(error: unknown): MachineTrouble {
  if (error instanceof MachineTrouble) return error
  // A phase ran into its own deadline or lost its link although each step in it has a shorter one: the guest does not get on.
  if (error instanceof DeadlineError || error instanceof ChannelLost)
    return new MachineTrouble('agent-lost', error.message)
  throw error
}

async function classify(session: AttemptSession, error: unknown): Promise<AttemptEnd> {
  const { signal, log } = session.setup
  const { fault, code, ...record } = errorRecord(error)
  if (code.startsWith('JOURNAL_')) throw error
  if (signal.aborted) return 'interrupted'
  if (session.hasMachine) await session.watched.watch.flush()
  await log.fault({ ...record, code, fault })
  if (fault === 'host') return 'host-fault'
  // An input that is wrong: its own message says what to fix, and there is no fault of ringzero to look for.
  if (fault === 'user') return 'stopped'
  return fault === 'plugin' ? 'plugin-fault' : 'tool-fault'
}

function errorRecord(error: unknown): ReturnType<AppError['toRecord']> {
  if (error instanceof MachineTrouble)
    return { code: error.code ?? 'HOST_MACHINE', fault: 'host', message: error.message }
  return asAppError(error).toRecord()
}
