/** Crashes that a running guest recorded: in its log, and as dump files. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../../../model/errors.ts'
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type { CrashRecord } from '../../../sdk/guest-os.ts'
import { crashOfDump } from './crash-of-dump.ts'
import { crashesOfEvents } from './event-facts.ts'
import { runProbe } from './run-probe.ts'
import { CrashesAnswer } from './system-answers.ts'

/** Small dumps are 256 KiB to a few MiB; only they hold the list of drivers that blaming needs. */
const SMALL_DUMP_BYTES = 8 * 1024 * 1024
const DUMPS_PULLED = 3

/** Crashes of the guest's log and of the dump files it keeps, the newest first, equal ones once. */
export async function readCrashes(guest: Channel, ctx: Context): Promise<readonly CrashRecord[]> {
  const { records, dumps } = await runProbe('crashes', {}, CrashesAnswer, guest, ctx)
  const events = crashesOfEvents(
    records.map((record) => ({
      ...record,
      data: record.data.map(({ name, value }) => [name, value] as const),
    })),
  )
  const fromDumps: CrashRecord[] = []
  let pulled = 0
  for (const { path, size, header } of dumps) {
    const small = size > 0 && size <= SMALL_DUMP_BYTES && pulled < DUMPS_PULLED
    if (small) pulled += 1
    const whole = small ? await pullDump(path, guest, ctx) : undefined
    const crash = crashOfDump(whole ?? Buffer.from(header, 'base64'), path)
    if (crash !== undefined) fromDumps.push(crash)
  }
  return mergeCrashes([...fromDumps, ...events])
}

/** Keeps the first of crashes with the same code and parameters: a dump before the events that mention it. */
export function mergeCrashes(crashes: readonly CrashRecord[]): readonly CrashRecord[] {
  const seen = new Map<string, CrashRecord>()
  for (const crash of crashes) {
    const values = (crash.parameters ?? []).map((value) =>
      /^0x[0-9a-f]+$/i.test(value) ? BigInt(value) : value,
    )
    const key = `${crash.code}|${values.join('|')}`
    if (!seen.has(key)) seen.set(key, crash)
  }
  return [...seen.values()]
}

/** undefined when the guest could not give it, as while Windows still writes it: then the header has to do. */
async function pullDump(path: string, guest: Channel, ctx: Context): Promise<Buffer | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'ringzero-dump-'))
  try {
    const local = join(folder, 'dump')
    await guest.pull(path, local, ctx, SMALL_DUMP_BYTES)
    return await readFile(local)
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('GUEST_')) return undefined
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
