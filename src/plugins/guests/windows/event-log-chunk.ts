/**
 * Reads one chunk of an event log (64 KiB), also a damaged one. A record carries its size at both ends and ids rise by one,
 * so that a record can be found again after a damaged one, and what a number says can be checked against its neighbours.
 * Layout: libyal's documentation of the EVTX format.
 */
import { crc32 } from 'node:zlib'
import { BinaryXmlReader, type XmlElement } from './binary-xml.ts'
import { viewBytes, type ByteView } from './byte-view.ts'

export const CHUNK_SIZE = 65_536
export const CHUNK_HEADER = 512
const SIGNATURE = 'ElfChnk\0'
const RECORD_SIGNATURE = Buffer.from('**\0\0', 'latin1')
/** Signature, size, id, time; then the event, then the size again. */
const RECORD_HEADER = 24
const SMALLEST_RECORD = RECORD_HEADER + 4
const MOST_RECORDS = Math.floor((CHUNK_SIZE - CHUNK_HEADER) / SMALLEST_RECORD)
/** A record that fits to none of so many before it begins a chain of its own. */
const LOOK_BACK = 32

export interface ChunkRecord {
  readonly id: number
  /** FILETIME of writing. */
  readonly filetime: bigint
  /** undefined when the record stands there and cannot be decoded. */
  readonly event: XmlElement | undefined
  /** Its own mark or size is damaged, and it was still found. */
  readonly repaired: boolean
}

export interface ChunkContent {
  readonly records: readonly ChunkRecord[]
  /** First and last id that this chunk held, by its header and its records; undefined when nothing says it. */
  readonly ids: { readonly first: number; readonly last: number } | undefined
  /** Nothing says how many records stood before, behind or in place of those that were found. */
  readonly open: boolean
  /** `empty`: never written, or wiped. `headless`: something is there, but the header does not hold. */
  readonly header: 'whole' | 'headless' | 'empty'
  /** The checksum of the records does not match: what they say may be wrong. */
  readonly changed: boolean
}

interface Header {
  readonly signed: boolean
  /** The checksum of the header matches. */
  readonly proven: boolean
  readonly first: number
  readonly last: number
  /** Where the next record would go; undefined when it cannot be. */
  readonly free: number | undefined
}

/** All that can be read of a chunk; a chunk at the end of a cut file may be short. Never throws. */
export function readChunk(chunk: Buffer): ChunkContent {
  const view = viewBytes(chunk)
  const header = readHeader(chunk, view)
  if (!header.signed && !chunk.some((byte) => byte !== 0))
    return { records: [], ids: undefined, open: false, header: 'empty', changed: false }
  const records = chainOf(findRecords(chunk, view, header), header)
  const promised = idsOfHeader(header, records)
  return {
    records,
    ids: idsOf(promised, records),
    open: promised === undefined && hasUnread(chunk, records),
    header: header.signed ? 'whole' : 'headless',
    changed: isChanged(chunk, view, header),
  }
}

function readHeader(chunk: Buffer, view: ByteView): Header {
  const sum = view.u32(124) ?? 0
  const free = view.u32(48) ?? 0
  return {
    signed: chunk.subarray(0, 8).toString('latin1') === SIGNATURE,
    // Zero: a writer that computes none.
    proven:
      sum !== 0 &&
      chunk.length >= CHUNK_HEADER &&
      crc32(chunk.subarray(128, CHUNK_HEADER), crc32(chunk.subarray(0, 120))) === sum,
    first: safeNumber(view.u64(24)),
    last: safeNumber(view.u64(32)),
    free: free >= CHUNK_HEADER && free <= CHUNK_SIZE ? free : undefined,
  }
}

function safeNumber(value: bigint | undefined): number {
  return value === undefined || value > BigInt(Number.MAX_SAFE_INTEGER) ? 0 : Number(value)
}

function isChanged(chunk: Buffer, view: ByteView, header: Header): boolean {
  const sum = view.u32(52) ?? 0
  if (sum === 0 || header.free === undefined || header.free > chunk.length) return sum !== 0
  return crc32(chunk.subarray(CHUNK_HEADER, header.free)) !== sum
}

interface Found extends ChunkRecord {
  readonly start: number
  readonly end: number
}

/** One pass over a chunk. */
interface Scan {
  readonly chunk: Buffer
  readonly view: ByteView
  readonly reader: BinaryXmlReader
  /** The next record whose size is confirmed, as far as it was looked for. */
  closedAt: number
  /** How many more places are decoded: untrusted bytes can look like a record everywhere. */
  tries: number
}

/** Records in the order of their places, whatever their ids say. */
function findRecords(chunk: Buffer, view: ByteView, header: Header): readonly Found[] {
  const scan: Scan = {
    chunk,
    view,
    reader: new BinaryXmlReader(chunk),
    closedAt: CHUNK_HEADER,
    tries: MOST_RECORDS,
  }
  const free = header.free ?? CHUNK_SIZE
  const found: Found[] = []
  let position = CHUNK_HEADER
  while (position + SMALLEST_RECORD <= chunk.length && scan.tries > 0) {
    const record = readRecord(scan, position)
    // Past the free space lie records of an earlier round, unless the header is older than the record after the last one.
    if (position >= free && (record === undefined || record.id !== (found.at(-1)?.id ?? -1) + 1)) break
    if (record !== undefined) found.push(record)
    const next = record?.end ?? signatureFrom(chunk, position + 1)
    if (record === undefined && next >= free) break
    position = next
  }
  return found
}

/** Place of the next signature of a record, the chunk's length when there is none. */
function signatureFrom(chunk: Buffer, from: number): number {
  const at = chunk.indexOf(RECORD_SIGNATURE, from)
  return at === -1 ? chunk.length : at
}

function readRecord(scan: Scan, start: number): Found | undefined {
  const { view, reader } = scan
  const closedEnd = endOfClosed(view, start)
  const isSigned = view.u32(start) === 0x0000_2a2a
  if (!isSigned && closedEnd === undefined) return undefined
  // A size that its copy does not confirm says nothing: the record ends where the next one begins.
  const end = closedEnd ?? nextClosed(scan, start + 4)
  scan.tries -= 1
  const event = decode(reader, start + RECORD_HEADER, closedEnd === undefined ? end : end - 4)
  if (event === undefined && (!isSigned || closedEnd === undefined)) return undefined
  return {
    id: safeNumber(view.u64(start + 8)),
    filetime: view.u64(start + 16) ?? 0n,
    event,
    repaired: !isSigned || closedEnd === undefined,
    start,
    end,
  }
}

/** End of a record whose two sizes agree. */
function endOfClosed(view: ByteView, start: number): number | undefined {
  const size = view.u32(start + 4) ?? 0
  return size >= SMALLEST_RECORD && view.u32(start + size - 4) === size ? start + size : undefined
}

function nextClosed(scan: Scan, from: number): number {
  if (scan.closedAt >= from) return scan.closedAt
  let at = signatureFrom(scan.chunk, from)
  while (at < scan.chunk.length && endOfClosed(scan.view, at) === undefined)
    at = signatureFrom(scan.chunk, at + 1)
  scan.closedAt = at
  return at
}

/** Every event has a System part; bytes that only look like a record have none. */
function decode(reader: BinaryXmlReader, start: number, end: number): XmlElement | undefined {
  try {
    const root = reader.read(start, end)
    return root.children.some(({ name }) => name === 'System') ? root : undefined
  } catch {
    return undefined
  }
}

/**
 * The records whose ids make sense together: they rise, and those that would be missing between two fit into the bytes
 * between them. A record that stands right behind another has the next id, whatever a changed byte says.
 */
function chainOf(found: readonly Found[], header: Header): readonly Found[] {
  const trusted = header.proven
    ? found.filter(({ id }) => id >= header.first && id <= header.first + MOST_RECORDS)
    : found
  const chain = new Set(longestChain(trusted))
  const kept: Found[] = []
  for (const record of found) {
    const before = kept.at(-1)
    if (chain.has(record)) kept.push(record)
    else if (before !== undefined && before.end === record.start)
      kept.push({ ...record, id: before.id + 1, repaired: true })
    else if (before === undefined && record.start === CHUNK_HEADER) kept.push(record)
  }
  return repairStart(kept, chain)
}

/** The id of a first record that fits to none is counted back from the one behind it. */
function repairStart(kept: readonly Found[], chain: ReadonlySet<Found>): readonly Found[] {
  const [first, second] = kept
  if (first === undefined || chain.has(first)) return kept
  if (second === undefined || second.start !== first.end || second.id < 2) return kept.slice(1)
  return [{ ...first, id: second.id - 1, repaired: true }, ...kept.slice(1)]
}

function longestChain(found: readonly Found[]): readonly Found[] {
  const best: { length: number; before: number }[] = []
  let last = -1
  for (const [index, record] of found.entries()) {
    let length = 1
    let before = -1
    for (let other = index - 1; other >= Math.max(0, index - LOOK_BACK); other -= 1) {
      const earlier = found[other] as Found
      const known = best[other]?.length ?? 0
      if (known >= length && follows(earlier, record)) {
        length = known + 1
        before = other
      }
    }
    best.push({ length, before })
    if (last === -1 || length > (best[last]?.length ?? 0)) last = index
  }
  const chain: Found[] = []
  for (let index = last; index !== -1; index = best[index]?.before ?? -1) chain.unshift(found[index] as Found)
  return chain
}

function follows(earlier: Found, record: Found): boolean {
  const missing = record.id - earlier.id - 1
  return earlier.id > 0 && missing >= 0 && missing * SMALLEST_RECORD <= record.start - earlier.end
}

/** First and last id by the header, when its checksum or the records bear it out. */
type Ids = NonNullable<ChunkContent['ids']>

/** First and last id by the header, when its checksum or the records bear it out. */
function idsOfHeader({ first, last, proven }: Header, records: readonly Found[]): Ids | undefined {
  if (first <= 0 || last < first || last - first >= MOST_RECORDS) return undefined
  const found = records[0]?.id
  return proven || (found !== undefined && first <= found && found <= last) ? { first, last } : undefined
}

function idsOf(promised: Ids | undefined, records: readonly Found[]): Ids | undefined {
  const ids = [
    ...(promised === undefined ? [] : [promised.first, promised.last]),
    ...records.map(({ id }) => id),
  ]
  return ids.length === 0 ? undefined : { first: Math.min(...ids), last: Math.max(...ids) }
}

/** Whether something stands before the first record or behind the last one. */
function hasUnread(chunk: Buffer, records: readonly Found[]): boolean {
  const end = records.at(-1)?.end ?? CHUNK_HEADER
  return records[0]?.start !== CHUNK_HEADER || chunk.subarray(end).some((byte) => byte !== 0)
}
