/** Reads Windows event log files (.evtx), also those copied from a running or crashed machine, whose header is out of date. */
import { BinaryXmlReader, type XmlElement } from './binary-xml.ts'
import { ITEM_SEPARATOR } from './binary-xml-value.ts'
import { filetimeToInstant, viewBytes } from './byte-view.ts'

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

export interface EventLogContent {
  readonly records: readonly EventRecord[]
  /** Records that could not be decoded. */
  readonly damaged: number
  /** Chunks with a wrong signature that were passed over (chunks never written are not counted). */
  readonly badChunks: number
}

const FILE_HEADER = 4096
const CHUNK = 65_536
const FIRST_RECORD = 512
const MAXIMUM_CHUNKS = 4096
const MAXIMUM_RECORDS = 500_000

/**
 * All records of all chunks in file order, by position and not by the header's count: that is only written when the log
 * is closed. @throws Error when the bytes are no event log
 */
export function parseEventLog(data: Buffer): EventLogContent {
  if (data.subarray(0, 8).toString('latin1') !== 'ElfFile\0') throw new Error('not an event log')
  const records: EventRecord[] = []
  let damaged = 0
  let badChunks = 0
  for (let index = 0; index < MAXIMUM_CHUNKS; index += 1) {
    const start = FILE_HEADER + index * CHUNK
    const chunk = data.subarray(start, start + CHUNK)
    if (chunk.length < FIRST_RECORD || records.length >= MAXIMUM_RECORDS) break
    if (chunk.subarray(0, 8).toString('latin1') !== 'ElfChnk\0') {
      if (chunk.subarray(0, FIRST_RECORD).some((byte) => byte !== 0)) badChunks += 1
      continue
    }
    damaged += readChunk(chunk, records)
  }
  return { records, damaged, badChunks }
}

/** Returns how many records could not be decoded. */
function readChunk(chunk: Buffer, records: EventRecord[]): number {
  const view = viewBytes(chunk)
  const reader = new BinaryXmlReader(chunk)
  const end = Math.min(view.u32(48) ?? chunk.length, chunk.length)
  let damaged = 0
  let position = FIRST_RECORD
  while (position + 24 <= end && view.u32(position) === 0x0000_2a2a) {
    const size = view.u32(position + 4) ?? 0
    if (size < 28 || position + size > chunk.length) {
      damaged += 1
      break
    }
    try {
      const written = filetimeToInstant(view.u64(position + 16) ?? 0n)
      const id = Number(view.u64(position + 8) ?? 0n)
      records.push(toRecord(id, written, reader.read(position + 24, position + size - 4)))
    } catch {
      damaged += 1
    }
    position += size
  }
  return damaged
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
