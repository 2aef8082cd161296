/**
 * A file that was brought into a guest and does not stand there as it was sent: the lab's fault, or somebody's in the guest? A
 * file of random bytes that is sent the same way tells: if it stays, the way is good and the candidate's file was taken away.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeadlineError, withDeadline } from '../../../kit/deadline.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Target } from '../../../sdk/installer.ts'
import { fileAt } from './file-at.ts'
import { InstallStepFailed } from './install-step-failed.ts'

const PIECE_BYTES = 1024 * 1024
/** Scanners act on a new file within seconds. */
const SETTLE_MS = 2000
const MOST_RECORDS = 5
/** Of this computer's own disk. */
const NO_ROOM: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])

/** What the way into the guest does to files; `unclear` when none could be sent to find out. */
export type Way =
  { readonly is: 'good' } | { readonly is: 'bad' } | { readonly is: 'unclear'; readonly because: string }

/**
 * Sends a file of so many random bytes into the same folder: does it stand there as it was sent? As long as the file that was
 * lost, however long that is: a way may fail for long ones alone. It takes at most half of the time that is left, and leaves
 * no file in the guest.
 */
export async function probeTransfer(
  folder: string,
  length: number,
  target: Target,
  ctx: Context,
): Promise<Way> {
  const path = target.os.joinPath(folder, 'ringzero-probe.dat')
  const scratch = await mkdtemp(join(tmpdir(), 'ringzero-'))
  const deadline = ctx.clock.now() + (ctx.deadline - ctx.clock.now()) / 2
  try {
    return await withDeadline('sending a file to compare', { ...ctx, deadline }, async (signal) => {
      const inner = { ...ctx, signal, deadline }
      const is = await arrives(join(scratch, 'probe'), path, length, target, inner)
      return { is: is ? 'good' : 'bad' }
    })
  } catch (error) {
    ctx.signal.throwIfAborted()
    const because = whyUnclear(error)
    if (because === undefined) throw error
    return { is: 'unclear', because }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function arrives(
  local: string,
  path: string,
  length: number,
  { guest, os }: Target,
  ctx: Context,
): Promise<boolean> {
  const hash = await writeRandomText(local, length)
  try {
    await guest.push(local, path, ctx)
    await settle(ctx)
    const seen = fileAt((await os.files([path], guest, ctx)).files, path, os.name)?.sha256
    // What is sent after it must find the room that it found.
    await os.removePath(path, guest, ctx)
    return seen === hash
  } catch (error) {
    if (error instanceof AppError && isDamage(error.code)) return false
    throw error
  }
}

/** The codes under which a channel says that a file does not stand in the guest as it was sent. */
export function isDamage(code: string): boolean {
  return code === 'GUEST_FILE_DIFFERS' || code === 'GUEST_FILE_MISSING'
}

/** A guest without room, a deadline, a full disk here: they say nothing of the way. Undefined for what is no answer at all. */
function whyUnclear(error: unknown): string | undefined {
  if (error instanceof DeadlineError) return error.message
  if (error instanceof AppError) return error.code.startsWith('GUEST_') ? error.message : undefined
  const { code, message } = error as NodeJS.ErrnoException
  return NO_ROOM.has(code) ? message : undefined
}

/** As text: nothing that a scanner could know. Gives its sha256. */
async function writeRandomText(path: string, length: number): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx')
  try {
    for (let left = length; left > 0;) {
      const piece = randomBytes(PIECE_BYTES).toString('base64').slice(0, left)
      hash.update(piece)
      await file.appendFile(piece)
      left -= piece.length
    }
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}

/** Waits until whoever watches new files has acted on them. */
export async function settle(ctx: Context): Promise<void> {
  await ctx.clock.sleep(SETTLE_MS, ctx.signal)
}

/** The finding, with what the guest itself has on record about the file. */
export async function takenAway(
  file: string,
  what: 'gone' | 'changed',
  target: Target,
  ctx: Context,
): Promise<InstallStepFailed> {
  return new InstallStepFailed(
    `${oneLine(file, 300)} was written into the guest and is ${what} there, while a file of random bytes stays: a program of the guest did it; ${await onRecord(file, target, ctx)}`,
    'quarantined',
  )
}

/** What the guest itself says of the file, in words. */
export async function onRecord(file: string, target: Target, ctx: Context): Promise<string> {
  const records = await recordsOf(file, target, ctx)
  return records.length === 0 ? 'the guest has no record that says why' : `on record: ${records.join('; ')}`
}

/** Defender's detections and entries of the event log that name the file. What cannot be asked is no reason to fail. */
async function recordsOf(file: string, target: Target, ctx: Context): Promise<readonly string[]> {
  const { guest, os } = target
  const name = (file.split(/[\\/]/).at(-1) ?? file).toLowerCase()
  const security = await unlessUnreadable(() => os.windows?.security(guest, ctx))
  const detections = (security?.defender?.detections ?? [])
    .filter(({ resources }) => resources.some((resource) => resource.toLowerCase().includes(name)))
    .map(({ id }) => `Microsoft Defender, detection ${id}`)
  const events = await unlessUnreadable(() => os.events(undefined, guest, ctx))
  const entries = (events?.entries ?? [])
    .filter(({ message }) => message.toLowerCase().includes(name))
    .map(({ provider, eventId, message }) => `${provider} ${eventId}: ${message}`)
  return [...detections, ...entries].slice(0, MOST_RECORDS).map((record) => oneLine(record, 300))
}

async function unlessUnreadable<T>(ask: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('GUEST_')) return undefined
    throw error
  }
}
