/** A lock file that identifies its owner, so that a lock of a process that is gone can be taken over at once. */
import { randomUUID } from 'node:crypto'
import { constants, copyFile, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { systemClock } from './clock.ts'
import { identityAlive, ownIdentity } from './process-identity.ts'

export const OwnerSchema = z.object({ pid: z.int(), identity: z.string(), token: z.string() })
export type Owner = z.output<typeof OwnerSchema>

/** An empty lock younger than this is being written (a file system without hard links shows it before its text). */
const WRITING_MS = 10_000

/** This process, with a token of its own for each use. */
export async function thisOwner(): Promise<Owner> {
  return { pid: process.pid, identity: await ownIdentity(), token: randomUUID() }
}

/** Whether the process that wrote this still runs. Text that cannot be read has no living owner. */
export async function ownerAlive(text: string): Promise<boolean> {
  const owner = parseOwner(text)
  return owner !== undefined && (await identityAlive(owner.pid, owner.identity))
}

/** The owner that a lock names; undefined for any other text. */
export function parseOwner(text: string): Owner | undefined {
  try {
    return OwnerSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/**
 * Takes a lock once, from a dead owner, too. Makes its folder.
 * @param text an owner as JSON, with more fields if need be
 * @returns false when somebody has it or is just taking it
 */
export async function takeOwnedFile(path: string, text: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true })
  if (await createWhole(path, text)) return true
  const before = await readFile(path, 'utf8').catch(() => undefined)
  if (before === undefined || (await held(path, before))) return false
  return (await breakDead(path, before, text)) && (await createWhole(path, text))
}

/** Gives a lock back; a lock that is no longer ours stays. */
export async function releaseOwnedFile(path: string, text: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => '')) === text) await rm(path, { force: true })
}

async function held(path: string, text: string): Promise<boolean> {
  if (text === '') {
    const found = await stat(path).catch(() => undefined)
    return found === undefined || systemClock.now() - found.mtimeMs < WRITING_MS
  }
  return await ownerAlive(text)
}

/** Only one process at a time may break a lock, or two could each remove the other's fresh one. */
async function breakDead(path: string, before: string, text: string): Promise<boolean> {
  const mark = `${path}.breaking`
  if (!(await createWhole(mark, text))) {
    const other = await readFile(mark, 'utf8').catch(() => undefined)
    // Left by a kill in the middle of a break, which takes microseconds.
    if (other !== undefined && !(await held(mark, other))) await rm(mark, { force: true })
    return false
  }
  try {
    const now = await readFile(path, 'utf8').catch(() => undefined)
    if (now === before) await rm(path, { force: true })
    return true
  } finally {
    await rm(mark, { force: true })
  }
}

/** Codes with which Windows refuses what another process has open or is about to remove. */
const BUSY = new Set(['EPERM', 'EACCES', 'EBUSY'])

/**
 * Creates a file with its content in one step; false when there is one. A hard link shows it whole; where there are none (ReFS of
 * older builds, FAT), a copy that refuses to replace anything.
 * @param makeLink for tests of a file system without hard links
 */
export async function createWhole(path: string, text: string, makeLink = link): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, text)
  try {
    await makeLink(draft, path).catch(async (error: unknown) => {
      if (codeOf(error) === 'EEXIST') throw error
      await copyFile(draft, path, constants.COPYFILE_EXCL)
    })
    // A copy that others could see unfinished may have been taken for a dead one's.
    return (await readFile(path, 'utf8')) === text
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    if (process.platform === 'win32' && BUSY.has(codeOf(error) ?? '')) return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
