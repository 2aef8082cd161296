/** One process at a time works on a run folder. A lock names its owner so well that a dead owner's lock is simply taken over. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { systemClock } from '../kit/clock.ts'
import { writeFileAtomic } from '../kit/files.ts'
import {
  ownerAlive,
  OwnerSchema,
  parseOwner,
  releaseOwnedFile,
  takeOwnedFile,
  thisOwner,
} from '../kit/owned-file.ts'
import { AppError } from '../model/errors.ts'
import { runFolderPaths } from './run-folder.ts'

const SessionSchema = OwnerSchema.extend({ folder: z.string() })

/** Others that take or break a dead owner's lock at the same moment are done within milliseconds. */
const TRIES = 10
const PAUSE_MS = 20

/**
 * Takes the lock of a run folder, and records in the store which process works on which run, for the sweep.
 * @returns a function that gives it back
 * @throws AppError RUN_LOCKED (user) when a living process has it
 */
export async function lockRun(
  runFolder: string,
  run: string,
  storeFolder: string,
): Promise<() => Promise<void>> {
  const path = runFolderPaths(runFolder).lock
  const text = JSON.stringify({ ...(await thisOwner()), folder: runFolder })
  for (let attempt = 1; !(await takeOwnedFile(path, text)); attempt += 1) {
    const found = await readFile(path, 'utf8').catch(() => '')
    if (attempt >= TRIES || (await ownerAlive(found)))
      throw new AppError(
        'RUN_LOCKED',
        'user',
        `another process (${parseOwner(found)?.pid ?? '?'}) works on ${runFolder}`,
        {
          hint: 'wait for its end, or stop it, then run `ringzero resume`',
        },
      )
    await systemClock.sleep(PAUSE_MS)
  }
  await writeFileAtomic(sessionPath(storeFolder, run), text)
  return () => releaseOwnedFile(path, text)
}

/** Whether a process works on this run now; unknown when this store never saw it, which proves nothing. */
export async function runActivity(
  storeFolder: string,
  run: string,
): Promise<{ readonly state: 'alive' | 'dead' | 'unknown'; readonly folder?: string }> {
  const text = await readFile(sessionPath(storeFolder, run), 'utf8').catch(() => '')
  const session = parseSession(text)
  if (session === undefined) return { state: 'unknown' }
  const lock = await readFile(runFolderPaths(session.folder).lock, 'utf8').catch(() => '')
  const alive = parseOwner(lock)?.token === session.token && (await ownerAlive(text))
  return { state: alive ? 'alive' : 'dead', folder: session.folder }
}

function sessionPath(storeFolder: string, run: string): string {
  // A run id that comes from a machine's mark may hold anything.
  return join(storeFolder, 'sessions', `${encodeURIComponent(run).slice(0, 200)}.json`)
}

function parseSession(text: string): z.output<typeof SessionSchema> | undefined {
  try {
    return SessionSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
