/**
 * A file that was brought into a guest and does not stand there as it was sent: the lab's fault, or somebody's in the guest? A
 * file of random bytes that is sent the same way tells: if it stays, the way is good and the candidate's file was taken away.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../kit/hash.ts'
import { oneLine } from '../../kit/text.ts'
import { AppError } from '../../model/errors.ts'
import type { Context } from '../../sdk/context.ts'
import type { Target } from '../../sdk/installer.ts'
import { InstallStepFailed } from './install-step-failed.ts'

/** A probe is as long as the file that did not arrive, as long files may fail where short ones do not; longer ones tell nothing more. */
const LONGEST_PROBE_BYTES = 64 * 1024 * 1024
/** Scanners act on a new file within seconds. */
const SETTLE_MS = 2000
const MOST_RECORDS = 5

/** Whether a file of so many random bytes, sent into the same folder, stands there as it was sent. */
export async function wayIsGood(
  folder: string,
  length: number,
  target: Target,
  ctx: Context,
): Promise<boolean> {
  const { guest, dialect } = target
  const count = Math.min(length, LONGEST_PROBE_BYTES)
  // As text: nothing that a scanner could know.
  const bytes = randomBytes(Math.ceil(count * 0.75))
    .toString('base64')
    .slice(0, count)
  const scratch = await mkdtemp(join(tmpdir(), 'ringzero-'))
  const local = join(scratch, 'probe')
  const path = dialect.joinPath(folder, 'ringzero-probe.dat')
  try {
    await writeFile(local, bytes)
    await guest.push(local, path, ctx)
    await settle(ctx)
    return (await dialect.files([path], guest, ctx)).files.get(path)?.sha256 === sha256(bytes)
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('GUEST_')) return false
    throw error
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
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
  const records = await recordsOf(file, target, ctx)
  const told = records.length === 0 ? 'nobody in the guest says why' : `on record: ${records.join('; ')}`
  return new InstallStepFailed(
    `${oneLine(file, 300)} was written into the guest and is ${what} there, while a file of random bytes stays: a program of the guest did it; ${told}`,
    'quarantined',
  )
}

/** Defender's detections and entries of the event log that name the file. What cannot be asked is no reason to fail. */
async function recordsOf(file: string, target: Target, ctx: Context): Promise<readonly string[]> {
  const { guest, dialect } = target
  const name = (file.split(/[\\/]/).at(-1) ?? file).toLowerCase()
  const security = await unlessUnreadable(() => dialect.windows?.security(guest, ctx))
  const detections = (security?.defender?.detections ?? [])
    .filter(({ resources }) => resources.some((resource) => resource.toLowerCase().includes(name)))
    .map(({ id }) => `Microsoft Defender, detection ${id}`)
  const events = await unlessUnreadable(() => dialect.events(undefined, guest, ctx))
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
