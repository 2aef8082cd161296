/**
 * Reads Windows event log files (.evtx), also those copied from a running or crashed machine, whose header is out of date,
 * and damaged ones: what can be read is read, and what is missing is counted by the numbers that the log gives its records.
 */
import { crc32 } from 'node:zlib'
import { ITEM_SEPARATOR } from './binary-xml-value.ts'
import type { XmlElement } from './binary-xml.ts'
import { filetimeToInstant, viewBytes } from './byte-view.ts'
import { CHUNK_HEADER, CHUNK_SIZE, readChunk, type ChunkContent } from './event-log-chunk.ts'

export interface EventRecord {
  readonly recordId: number
  /** Milliseconds since 1970. */
  readonly at: number | undefined
  readonly provider: string
  /** Without qualifiers, as Event Viewer shows it. */
  readonly eventId: number
  /** 0 … 5; 1 critical, 2 error, 3 warning. */
  readonly level: number
  readonly channel: string
  readonly computer: string
  /** Name and value of each data field in payload order; classic events have no names (''). */
  readonly data: readonly (readonly [name: string, value: string])[]
}

/** Ids from first to last, both included. */
export interface IdRange {
  readonly first: number
  readonly last: number
}

export interface EventLogContent {
  readonly records: readonly EventRecord[]
  /** Ids of records that the log held and that are not among `records`, in order. */
  readonly missing: readonly IdRange[]
  /** How many of the missing ones stand in the file and cannot be decoded. */
  readonly damaged: number
  /** How many of the records were read although their mark, size or number is damaged. */
  readonly repaired: number
  /** Parts of the file (64 KiB each) whose header is damaged and whose records were still found. */
  readonly headless: number
  /** Parts of the file of which nothing says how many records they held beside those that were found. */
  readonly open: number
  /** Records in parts whose checksum does not match: what these say may be wrong. */
  readonly unproven: number
  /** The file ends in the middle of a part. */
  readonly cut: boolean
}

const FILE_HEADER = 4096
const MAXIMUM_CHUNKS = 4096
const MAXIMUM_RECORDS = 500_000
/** Fewest bytes of a record, so the most ids that one chunk can have held. */
const MOST_IDS = Math.floor((CHUNK_SIZE - CHUNK_HEADER) / 28)

/**
 * All records of all chunks in file order, by position and not by the header's count: that is only written when the log
 * is closed. @throws Error when the bytes are no event log
 */
export function parseEventLog(data: Buffer): EventLogContent {
  const chunks = chunksOf(data)
  if (data.subarray(0, 8).toString('latin1') !== 'ElfFile\0' && !chunks.some(isChunk))
    throw new Error('not an event log')
  const contents: ChunkContent[] = []
  const records: EventRecord[] = []
  for (const chunk of chunks) {
    const content = readChunk(chunk)
    contents.push(content)
    for (const { id, filetime, event } of content.records)
      if (event !== undefined) records.push(toRecord(id, filetimeToInstant(filetime), event))
    if (records.length >= MAXIMUM_RECORDS) break
  }
  return {
    records,
    missing: missingIds(contents, promised(data, contents.length)),
    damaged: count(contents, ({ event }) => event === undefined),
    repaired: count(contents, ({ event, repaired }) => repaired && event !== undefined),
    headless: contents.filter(({ header, records: found }) => header === 'headless' && found.length > 0)
      .length,
    open: contents.filter(({ open }) => open).length,
    unproven: count(
      contents.filter(({ changed }) => changed),
      ({ event }) => event !== undefined,
    ),
    cut: data.length < FILE_HEADER || (data.length - FILE_HEADER) % CHUNK_SIZE !== 0,
  }
}

function chunksOf(data: Buffer): readonly Buffer[] {
  const chunks: Buffer[] = []
  for (let start = FILE_HEADER; start < data.length && chunks.length < MAXIMUM_CHUNKS; start += CHUNK_SIZE)
    chunks.push(data.subarray(start, start + CHUNK_SIZE))
  return chunks
}

function isChunk(chunk: Buffer): boolean {
  return chunk.subarray(0, 8).toString('latin1') === 'ElfChnk\0'
}

function count(
  contents: readonly ChunkContent[],
  matches: (record: ChunkContent['records'][number]) => boolean,
): number {
  return contents.reduce((sum, { records }) => sum + records.filter((record) => matches(record)).length, 0)
}

/** The last id by the file's header, and how many chunks of it are not in the file; only of a header whose checksum matches. */
function promised(data: Buffer, present: number): { readonly last: number; readonly cutOff: number } {
  const view = viewBytes(data)
  const proven = data.length >= 128 && crc32(data.subarray(0, 120)) === view.u32(124)
  const next = view.u64(24) ?? 0n
  if (!proven || next > BigInt(Number.MAX_SAFE_INTEGER)) return { last: 0, cutOff: 0 }
  return { last: Number(next) - 1, cutOff: Math.max(0, (view.u16(42) ?? 0) - present) }
}

/**
 * Ids that no record has: inside the chunks by their headers, and between chunks as far as the chunks that are lost can
 * have held so many.
 */
function missingIds(
  contents: readonly ChunkContent[],
  { last, cutOff }: { readonly last: number; readonly cutOff: number },
): readonly IdRange[] {
  const found = new Set(
    contents.flatMap(({ records }) => records.flatMap(({ id, event }) => (event === undefined ? [] : id))),
  )
  const held = contents.flatMap(({ ids }) => ids ?? []).sort((a, b) => a.first - b.first)
  const lost = (contents.filter(({ ids, open }) => open || ids === undefined).length + cutOff) * MOST_IDS
  const ranges: IdRange[] = []
  const add = (first: number, to: number): void => {
    for (let id = first; id <= to; id += 1) {
      if (found.has(id)) continue
      const before = ranges.at(-1)
      if (before?.last === id - 1) ranges[ranges.length - 1] = { first: before.first, last: id }
      else ranges.push({ first: id, last: id })
    }
  }
  let next: number | undefined
  for (const range of held) {
    if (next !== undefined && range.first > next && range.first - next <= lost) add(next, range.first - 1)
    add(next === undefined ? range.first : Math.max(range.first, next), range.last)
    next = Math.max(next ?? 0, range.last + 1)
  }
  if (next !== undefined && last >= next && last - next + 1 <= lost) add(next, last)
  return ranges
}

/** How many ids the ranges have. */
export function countIds(ranges: readonly IdRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

/** What a reader must know of a log that was not read whole, one sentence each; empty for a whole one. */
export function describeGaps(log: EventLogContent): readonly string[] {
  const missing = countIds(log.missing)
  const sentences: string[] = []
  if (missing > 0) {
    const total = log.records.length + missing
    const shown = log.missing
      .slice(0, 8)
      .map(({ first, last }) => (first === last ? `${first}` : `${first}–${last}`))
    const rest = log.missing.length - shown.length
    sentences.push(
      `${missing} of ${total} records are missing (id ${shown.join(', ')}${rest > 0 ? ` and ${rest} more ranges` : ''})${
        log.damaged > 0 ? `; ${log.damaged} of them are in the file and cannot be decoded` : ''
      }`,
    )
  }
  const found = [
    ...(log.repaired > 0 ? [`${log.repaired} records`] : []),
    ...(log.headless > 0 ? [`${log.headless} headers of parts of the file`] : []),
  ]
  if (found.length > 0) sentences.push(`damaged, and still read: ${found.join(', ')}`)
  if (log.open > 0)
    sentences.push(
      `parts of 64 KiB that are damaged so that the number of their records is not known: ${log.open}`,
    )
  if (log.cut) sentences.push('the file is cut: records behind its end are missing')
  if (log.unproven > 0)
    sentences.push(
      `${log.unproven} records stand in parts whose checksum does not match: what they say may be wrong`,
    )
  return sentences
}

function toRecord(recordId: number, at: number | undefined, root: XmlElement): EventRecord {
  const system = child(root, 'System')
  const text = (name: string): string => (system === undefined ? '' : (child(system, name)?.text ?? ''))
  const attribute = (name: string, key: string): string =>
    system === undefined ? '' : (child(system, name)?.attributes.get(key) ?? '')
  return {
    recordId,
    at,
    provider: attribute('Provider', 'Name') || attribute('Provider', 'EventSourceName'),
    eventId: Number(text('EventID')) & 0xffff,
    level: Number(text('Level')) || 0,
    channel: text('Channel'),
    computer: text('Computer'),
    data: root.children.filter(({ name }) => name === 'EventData' || name === 'UserData').flatMap(fields),
  }
}

function fields(element: XmlElement): (readonly [string, string])[] {
  return element.children.flatMap((entry): (readonly [string, string])[] => {
    if (entry.children.length > 0) return fields(entry)
    const name = entry.attributes.get('Name') ?? (entry.name === 'Data' ? '' : entry.name)
    return entry.text.split(ITEM_SEPARATOR).map((item) => [name, item] as const)
  })
}

function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((entry) => entry.name === name)
}
