/** A shard whose turn never came: an earlier stage did not pass. Its run is closed with nothing in it, so that it can be merged. */
import { systemClock } from '../kit/clock.ts'
import { openJournal } from '../record/journal.ts'
import { lockRun } from '../record/run-lock.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { writeRunPlan } from '../record/run-plan.ts'
import { runOpened } from '../run/session/run-opened.ts'
import type { RunOutcome } from '../run/session/run-session.ts'
import type { RunRequest } from './run-plan.ts'

/** @throws AppError RUN_LOCKED (user), JOURNAL_* (host) */
export async function stopBeforeStart(request: RunRequest, because: string): Promise<RunOutcome> {
  const { plan, run, runFolder, parts, runner, follower, wholePlan } = request
  await writeRunPlan(runFolder, wholePlan ?? plan)
  const unlock = await lockRun(runFolder, run, parts.storeFolder)
  const simulated = parts.hosts.some(({ provider }) => provider.capabilities.simulated)
  const journal = await openJournal(runFolderPaths(runFolder).journal, {
    listeners: [(event) => follower?.note(event)],
  })
  try {
    const at = systemClock.now()
    parts.log.log('warn', `nothing of this shard is run: ${because}`)
    await journal.append(runOpened(request, at, simulated))
    await journal.append({ type: 'session-opened', at, session: 1, pid: process.pid, host: runner ?? '' })
    await journal.append({ type: 'run-closed', at })
  } finally {
    await journal.close()
    await unlock()
  }
  return {
    run,
    runFolder,
    simulated,
    ended: 'complete',
    pluginFaults: 0,
    toolFaults: 0,
    leftBehind: [],
    impossible: [],
    listenerFaults: [],
    standingFaults: 0,
  }
}
