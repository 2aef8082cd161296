/** One process at a time works on a run folder. A lock names its owner so well that a dead owner's lock is simply taken over. */
import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../kit/files.ts'
import { processIdentity } from '../kit/process-identity.ts'
import { AppError } from '../model/errors.ts'
import { runFolderPaths } from './run-folder.ts'

const OwnerSchema = z.object({ pid: z.int(), identity: z.string(), token: z.string(), folder: z.string() })
type Owner = z.output<typeof OwnerSchema>

/** Two dead owners in a row can only be two takers that died in the middle of it. */
const TRIES = 5

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
  const owner: Owner = {
    pid: process.pid,
    identity: processIdentity(process.pid) ?? '',
    token: randomUUID(),
    folder: runFolder,
  }
  const path = runFolderPaths(runFolder).lock
  const text = JSON.stringify(owner)
  await mkdir(runFolder, { recursive: true })
  for (let attempt = 0; !(await create(path, text)); attempt += 1) {
    const found = await readFile(path, 'utf8').catch(() => undefined)
    if (found === undefined) continue
    const other = parseOwner(found)
    if (attempt >= TRIES || (other !== undefined && isAlive(other)))
      throw new AppError(
        'RUN_LOCKED',
        'user',
        `another process (${other?.pid ?? '?'}) works on ${runFolder}`,
        {
          hint: 'wait for its end, or stop it, then run `ringzero resume`',
        },
      )
    await setAside(path, found)
  }
  await writeFileAtomic(sessionPath(storeFolder, run), text)
  return async () => {
    if ((await readFile(path, 'utf8').catch(() => '')) === text) await rm(path, { force: true })
  }
}

/** Whether a process works on this run now; unknown when this store never saw it, which proves nothing. */
export async function runActivity(
  storeFolder: string,
  run: string,
): Promise<{ readonly state: 'alive' | 'dead' | 'unknown'; readonly folder?: string }> {
  const text = await readFile(sessionPath(storeFolder, run), 'utf8').catch(() => '')
  const owner = parseOwner(text)
  if (owner === undefined) return { state: 'unknown' }
  const lock = parseOwner(await readFile(runFolderPaths(owner.folder).lock, 'utf8').catch(() => ''))
  const alive = isAlive(owner) && lock?.token === owner.token
  return { state: alive ? 'alive' : 'dead', folder: owner.folder }
}

function sessionPath(storeFolder: string, run: string): string {
  // A run id that comes from a machine's mark may hold anything.
  return join(storeFolder, 'sessions', `${encodeURIComponent(run).slice(0, 200)}.json`)
}

function parseOwner(text: string): Owner | undefined {
  try {
    return OwnerSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

function isAlive(owner: Owner): boolean {
  return processIdentity(owner.pid) === owner.identity
}

/** Creates the file with its content in one step; false when there is one. */
async function create(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, text)
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** Removes a dead owner's lock; a lock that somebody else took meanwhile is put back. */
async function setAside(path: string, dead: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  const moved = await readFile(aside, 'utf8')
  if (moved !== dead) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}
