/** A lock between processes that a kill -9 cannot leave behind: it names its owner, and an owner that is gone owns nothing. */
import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { DeadlineError } from '../kit/deadline.ts'
import type { Context } from '../sdk/context.ts'
import { processIdentity } from '../kit/process-identity.ts'

export const OwnerSchema = z.object({ pid: z.int(), identity: z.string(), token: z.string() })
export type Owner = z.output<typeof OwnerSchema>

const POLL_MS = 200
/** A break takes microseconds; a mark older than this was left by a kill in the middle of one. */
const BREAK_MARK_MS = 10_000

/** This process, with a token of its own for each use. */
export function thisOwner(): Owner {
  return { pid: process.pid, identity: processIdentity(process.pid) ?? '', token: randomUUID() }
}

/** Whether the process that wrote this still runs. Unreadable text has no living owner. */
export function ownerAlive(text: string): boolean {
  try {
    const owner = OwnerSchema.parse(JSON.parse(text))
    return processIdentity(owner.pid) === owner.identity
  } catch {
    return false
  }
}

/**
 * Runs `work` while holding the lock file; waits for a living owner, takes over from a dead one.
 * @throws DeadlineError when the lock was not free before ctx.deadline; the signal's reason when aborted; what `work` throws
 */
export async function withFileLock<T>(path: string, ctx: Context, work: () => Promise<T>): Promise<T> {
  const owner = thisOwner()
  const text = JSON.stringify(owner)
  await mkdir(dirname(path), { recursive: true })
  while (!(await tryTake(path, text))) {
    if (ctx.clock.now() >= ctx.deadline) throw new DeadlineError(`waiting for ${path}`, ctx.deadline)
    await breakIfDead(path, ctx)
    await ctx.clock.sleep(POLL_MS, ctx.signal)
  }
  try {
    return await work()
  } finally {
    if ((await readFile(path, 'utf8').catch(() => '')) === text) await rm(path, { force: true })
  }
}

/** Creates a file with its content in one step, or says that it is already there. */
async function tryTake(path: string, text: string): Promise<boolean> {
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

/** Only one process at a time may break a lock, or two could each remove the other's fresh one. */
async function breakIfDead(path: string, ctx: Context): Promise<void> {
  const before = await readFile(path, 'utf8').catch(() => undefined)
  if (before === undefined || ownerAlive(before)) return
  const mark = `${path}.breaking`
  if (!(await tryTake(mark, before))) {
    const age =
      ctx.clock.now() -
      (await stat(mark).then(
        (found) => found.mtimeMs,
        () => ctx.clock.now(),
      ))
    if (age > BREAK_MARK_MS) await rm(mark, { force: true })
    return
  }
  try {
    const now = await readFile(path, 'utf8').catch(() => undefined)
    if (now === before) await rm(path, { force: true })
  } finally {
    await rm(mark, { force: true })
  }
}
