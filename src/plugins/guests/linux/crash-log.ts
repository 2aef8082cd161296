/** What the guest keeps of its crashes, read alive or from the disk of a machine that is off. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { printable } from '../../../kit/text.ts'
import type { CrashRecord, GuestOs } from '../../../sdk/guest-os.ts'
import { countEntries, parseEventLines } from './event-lines.ts'
import { readPanicText } from './panic-text.ts'

const STATE = '/var/lib/ringzero-guest'
const EVENTS = '/var/log/ringzero-guest/events.log'
/** Crash logs kept for the last starts; more would be the same crash again. */
const MAXIMUM_ENTRIES = 500
const MAXIMUM_FILE = 4 * 1024 * 1024

/** A record with the text of its crash. A start that only ended without a shutdown is no crash: the cord may have been pulled. */
export function crashRecord(name: string, text: string): CrashRecord | undefined {
  const panic = readPanicText(text)
  if (panic === undefined) return undefined
  return {
    mechanism: 'panic',
    title: panic.title,
    ...(panic.module === undefined ? {} : { module: panic.module }),
    path: `${STATE}/crashes/${name}`,
  }
}

/** Files only: a dead disk is read file by file, so the newest crash has a fixed name. */
export const FORENSIC_PATHS: readonly string[] = [
  EVENTS,
  '/var/log/boot.log',
  `${STATE}/boot-count`,
  `${STATE}/running`,
  `${STATE}/crashes/last.log`,
]

/** Facts of files that came from a dead disk. Damage never throws: what cannot be read is not there. */
export const readForensics: GuestOs['readForensics'] = async (files) => {
  const crashes: CrashRecord[] = []
  for (const [guestPath, localPath] of files) {
    if (!guestPath.startsWith(`${STATE}/crashes/`) || !guestPath.endsWith('.log')) continue
    const record = crashRecord(basename(guestPath), await readText(localPath))
    if (record !== undefined) crashes.push(record)
  }
  const eventFile = files.get(EVENTS)
  const countFile = files.get(`${STATE}/boot-count`)
  const lines = eventFile === undefined ? [] : parseEventLines(await readText(eventFile))
  const count = countFile === undefined ? '' : (await readText(countFile)).trim()
  return {
    crashes: crashes.slice(-MAXIMUM_ENTRIES),
    entries: countEntries(lines.slice(-MAXIMUM_ENTRIES), [], MAXIMUM_ENTRIES).entries,
    bootCount: /^\d{1,9}$/.test(count) ? Number(count) : undefined,
  }
}

async function readText(path: string): Promise<string> {
  const data = await readFile(path).catch(() => Buffer.alloc(0))
  return printable(data.subarray(-MAXIMUM_FILE).toString('utf8'))
}
