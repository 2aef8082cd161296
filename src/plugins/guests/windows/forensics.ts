/** Reads files that were copied from the disk of a Windows machine that no longer boots. */
import { open } from 'node:fs/promises'
import { oneLine } from '../../../kit/text.ts'
import type { CrashRecord, LogEntry } from '../../../sdk/guest-os.ts'
import { crashOfDump } from './crash-of-dump.ts'
import { mergeCrashes } from './crash-records.ts'
import { crashesOfEvents, summarizeEvents } from './event-facts.ts'
import { describeGaps, parseEventLog, type EventRecord } from './event-log-file.ts'
import { parseUserDump } from './user-dump.ts'

const LOGS = 'C:\\Windows\\System32\\winevt\\Logs'
/** More of a log or dump is not read; Windows' own logs end at 20 MiB unless the image says otherwise. */
const MAXIMUM_BYTES = 256 * 1024 * 1024
/** Windows enters recovery after failed starts: what happened before the last three is an older story. */
const STARTS_LOOKED_AT = 3

/** Where images of ours let the kernel write its dump at once (plugins/providers/hyper-v/images/offline-settings.ts). */
const DEDICATED_DUMP = 'C:\\ringzero-dump.dmp'

/** Files worth saving; small dumps have names of their own and are found by listing their folder. */
export const FORENSIC_PATHS: readonly string[] = [
  `${LOGS}\\System.evtx`,
  `${LOGS}\\Application.evtx`,
  `${LOGS}\\Setup.evtx`,
  `${LOGS}\\Microsoft-Windows-CodeIntegrity%4Operational.evtx`,
  'C:\\Windows\\Logs\\CBS\\CBS.log',
  'C:\\Windows\\Logs\\DISM\\dism.log',
  'C:\\Windows\\INF\\setupapi.dev.log',
  'C:\\Windows\\System32\\LogFiles\\Srt\\SrtTrail.txt',
  'C:\\Windows\\WinSxS\\pending.xml',
  'C:\\Windows\\Temp\\ringzero-msi.log',
  DEDICATED_DUMP,
]

export interface Forensics {
  readonly crashes: readonly CrashRecord[]
  readonly entries: readonly LogEntry[]
  /** Never known: the log counts starts since it was cleared, the guest since it was made. */
  readonly bootCount: undefined
}

/** Facts of copied files (guest path → local path). A file that cannot be read becomes an entry, never an exception. */
export async function readForensics(files: ReadonlyMap<string, string>): Promise<Forensics> {
  const dumps: CrashRecord[] = []
  const records: EventRecord[] = []
  const notes: LogEntry[] = []
  for (const [guestPath, localPath] of files) {
    const wanted = /\.(?:evtx|dmp)$/i.exec(guestPath)?.[0].toLowerCase()
    if (wanted === undefined) continue
    try {
      const data = await readBounded(localPath)
      if (wanted === '.evtx') {
        const log = parseEventLog(data)
        records.push(...log.records)
        for (const sentence of describeGaps(log)) notes.push(note(guestPath, sentence))
      } else readDump(guestPath, data, dumps, notes)
    } catch (error) {
      notes.push(note(guestPath, error instanceof Error ? error.message : String(error)))
    }
  }
  const recent = recentRecords(records)
  const { entries } = summarizeEvents(recent)
  return {
    crashes: mergeCrashes([...dumps, ...crashesOfEvents(recent)]),
    entries: [...entries, ...notes],
    bootCount: undefined,
  }
}

function readDump(guestPath: string, data: Buffer, crashes: CrashRecord[], notes: LogEntry[]): void {
  const crash = crashOfDump(data, guestPath)
  if (crash !== undefined) {
    crashes.push(crash)
    return
  }
  // The place for a dump is there from the first start on; without a crash nothing readable is in it.
  if (guestPath === DEDICATED_DUMP) return
  const user = parseUserDump(data)
  const message =
    user === undefined
      ? 'is neither a kernel dump nor a process dump'
      : `${user.program ?? 'a program'} ended with ${user.exceptionCode ?? 'no exception'} in ${user.module ?? 'an unknown module'}`
  notes.push(note(guestPath, message))
}

function recentRecords(records: readonly EventRecord[]): readonly EventRecord[] {
  const starts = records
    .filter(({ provider, eventId }) => provider === 'Microsoft-Windows-Kernel-General' && eventId === 12)
    .map(({ at }) => at ?? 0)
    .sort((a, b) => a - b)
  const since = starts.at(-STARTS_LOOKED_AT) ?? starts[0] ?? 0
  return records.filter(({ at }) => (at ?? since) >= since).sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
}

function note(guestPath: string, message: string, count = 1): LogEntry {
  return {
    level: 'warning',
    provider: 'ringzero',
    eventId: 'forensics',
    message: oneLine(`${guestPath}: ${message}`, 1000),
    count,
  }
}

async function readBounded(path: string): Promise<Buffer> {
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    const data = Buffer.alloc(Math.min(size, MAXIMUM_BYTES))
    const { bytesRead } = await handle.read(data, 0, data.length, 0)
    return data.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
