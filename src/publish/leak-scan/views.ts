/** Every way in which a text can be hidden in bytes, as texts to be looked at. */
import { constants, gunzipSync, inflateRawSync, inflateSync, type ZlibOptions } from 'node:zlib'

export interface View {
  readonly text: string
  /** How it was hidden, from the outside in: `base64`, `gzip`. */
  readonly hidden: readonly string[]
  /** False for a few characters out of bytes that may be no text at all: short names stand there by chance. */
  readonly sure: boolean
}

/** Names of all decodings, which tests switch off one by one. */
export const DECODINGS = [
  'utf-16',
  'base64',
  'hexadecimal',
  'percent',
  'entities',
  'escapes',
  'gzip',
  'zlib',
  'zip',
  'png',
] as const
export type Decoding = (typeof DECODINGS)[number]

export interface ViewOptions {
  /** Decodings that are left out, to see that each is needed. */
  readonly without?: ReadonlySet<Decoding>
  /** Bytes that one stream may unpack to; what is larger is not looked at. */
  readonly largestUnpacked?: number
}

/** Encodings within encodings, as JSON in base64 in gzip in base64. */
const DEEPEST = 6
/** A stream that unpacks to more is a bomb. */
const LARGEST_UNPACKED = 256 * 1024 * 1024

/** Something is packed that cannot be looked at, so that nobody can say what is in it. */
export class UnseenError extends Error {}

type Decode = (text: string) => Iterable<Buffer>
type Unescape = (text: string) => string

/** All views of these bytes; the first is what they say as they are. */
export function* viewsOf(bytes: Uint8Array, options: ViewOptions = {}): Generator<View> {
  const found = new Views(options)
  yield* found.ofFile(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), [])
}

class Views {
  readonly #without: ReadonlySet<Decoding>
  readonly #limit: ZlibOptions

  constructor({ without = new Set(), largestUnpacked = LARGEST_UNPACKED }: ViewOptions) {
    this.#without = without
    // What was cut off is looked at as far as it goes.
    this.#limit = { maxOutputLength: largestUnpacked, finishFlush: constants.Z_SYNC_FLUSH }
  }

  /** Of a file, or of what a container holds. */
  *ofFile(bytes: Buffer, hidden: readonly string[]): Generator<View> {
    yield* this.#unpacked(bytes, hidden)
    yield* this.#ofText(bytes.toString('utf8'), hidden)
    if (this.#on('utf-16')) yield* this.#ofText([...wideTexts(bytes)].join('\n'), [...hidden, 'utf-16'])
  }

  *#unpacked(bytes: Buffer, hidden: readonly string[]): Generator<View> {
    if (hidden.length >= DEEPEST) return
    for (const [how, inner] of unpacked(bytes, (decoding) => this.#on(decoding), this.#limit))
      yield* this.ofFile(inner, [...hidden, how])
  }

  /** The text itself, what its escapes stand for, and what is encoded in it. */
  *#ofText(text: string, hidden: readonly string[]): Generator<View> {
    if (text === '') return
    yield { text, hidden, sure: true }
    if (hidden.length >= DEEPEST) return
    for (const [how, unescape] of UNESCAPES) {
      const plain = this.#on(how) ? unescape(text) : text
      if (plain !== text) yield* this.#ofText(plain, [...hidden, how])
    }
    for (const [how, decode] of DECODES)
      if (this.#on(how)) yield* this.#ofDecoded(decode(text), [...hidden, how])
  }

  /** Many short pieces, most of which are no text at all; those that can be are looked at together. */
  *#ofDecoded(pieces: Iterable<Buffer>, hidden: readonly string[]): Generator<View> {
    const sure: string[] = []
    const unsure: string[] = []
    const wide: string[] = []
    for (const piece of pieces) {
      yield* this.#unpacked(piece, hidden)
      for (const run of runsOf(piece)) (run.sure ? sure : unsure).push(run.text)
      if (this.#on('utf-16')) wide.push(...wideTexts(piece))
    }
    yield* this.#ofText(sure.join('\n'), hidden)
    yield* this.#ofText(wide.join('\n'), [...hidden, 'utf-16'])
    if (unsure.length > 0) yield { text: unsure.join('\n'), hidden, sure: false }
  }

  #on(decoding: Decoding): boolean {
    return !this.#without.has(decoding)
  }
}

const NAMED_ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

const UNESCAPES: readonly (readonly [Decoding, Unescape])[] = [
  [
    'percent',
    (text) =>
      text.includes('%')
        ? text.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
            Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
          )
        : text,
  ],
  [
    'entities',
    (text) =>
      text.includes('&')
        ? text
            .replace(/&#x([0-9a-f]{1,6});?/gi, (_, digits: string) => character(Number.parseInt(digits, 16)))
            .replace(/&#(\d{1,7});?/g, (_, digits: string) => character(Number(digits)))
            .replace(/&(amp|lt|gt|quot|apos|nbsp|shy);/g, (_, name: string) => NAMED_ENTITIES[name] ?? '')
        : text,
  ],
  [
    'escapes',
    (text) =>
      text.includes('\\')
        ? text
            .replace(/\\u\{([0-9a-f]{1,6})\}/gi, (_, digits: string) =>
              character(Number.parseInt(digits, 16)),
            )
            .replace(/\\u([0-9a-f]{4})/gi, (_, digits: string) =>
              String.fromCharCode(Number.parseInt(digits, 16)),
            )
            .replace(/\\x([0-9a-f]{2})/gi, (_, digits: string) =>
              String.fromCharCode(Number.parseInt(digits, 16)),
            )
            // What CommonMark, JSON and shells escape by a backslash.
            .replace(/\\([^\p{L}\p{N}])/gu, '$1')
        : text,
  ],
]

function character(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}

const DECODES: readonly (readonly [Decoding, Decode])[] = [
  ['base64', base64Texts],
  ['hexadecimal', hexadecimalTexts],
]

/** A name of four letters makes six characters of base64, of which its neighbours decide two. */
const SHORTEST_BASE64 = 6
/** Line ends that mail and JSON put into long texts. */
const LINE_END = /(?:\\r)?\\n|[\r\n]+[ \t]*/g

function* base64Texts(text: string): Generator<Buffer> {
  const joined = text.replace(LINE_END, '')
  const sources = joined === text ? [text] : [text, joined]
  for (const source of sources)
    for (const [run] of source.matchAll(/[A-Za-z0-9+/_-]{6,}/g)) {
      // A name can begin at each of three bytes; a run that other letters precede, at each of four characters.
      for (const offset of [0, 1, 2, 3])
        // Node reads the alphabet for URLs, too.
        if (run.length - offset >= SHORTEST_BASE64) yield Buffer.from(run.slice(offset), 'base64')
    }
}

function* hexadecimalTexts(text: string): Generator<Buffer> {
  const joined = text.replace(/(?<=[0-9a-f]{2})(?:[\s:,-]|0x)+(?=[0-9a-f]{2})/gi, '')
  const sources = joined === text ? [text] : [text, joined]
  for (const source of sources)
    for (const [run] of source.matchAll(/[0-9a-f]{8,}/gi)) {
      yield Buffer.from(run, 'hex')
      if (run.length > 8) yield Buffer.from(run.slice(1), 'hex')
    }
}

/** Printable characters of these bytes that stand together, and whether they can be text and no accident. */
function* runsOf(bytes: Buffer): Generator<{ readonly text: string; readonly sure: boolean }> {
  const text = bytes.toString('utf8')
  for (const [run] of text.matchAll(/[^\0-\u0008\u000e-\u001f\u007f-\u009f\ufffd]{4,}/g)) {
    yield { text: run, sure: run.length >= 12 || run.length >= text.length - 1 }
  }
}

/** UTF-16 of both orders at both alignments, where there is something in the bytes that is no text in UTF-8. */
function* wideTexts(bytes: Buffer): Generator<string> {
  if (!bytes.some((byte) => byte < 9 || (byte > 13 && byte < 32) || byte > 126)) return
  for (const offset of [0, 1]) {
    const length = (bytes.length - offset) & ~1
    const little = Buffer.from(bytes.subarray(offset, offset + length))
    for (const order of [little, Buffer.from(little).swap16()])
      for (const [run] of order
        .toString('utf16le')
        .matchAll(
          /[\u0020-\u052f\u1d00-\u1dbf\u2000-\u206f\u2100-\u218f\u2460-\u24ff\ua700-\ua7ff\uff00-\uff5f\u{1d400}-\u{1d7ff}\u{1f100}-\u{1f1ff}]{4,}/gu,
        ))
        yield run
  }
}

const ZIP_MAGIC = Buffer.from('PK\u0003\u0004', 'latin1')
const PNG_MAGIC = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** Streams of a PDF. */
const STREAM = Buffer.from('stream')

function* unpacked(
  bytes: Buffer,
  on: (decoding: Decoding) => boolean,
  limit: ZlibOptions,
): Generator<readonly [Decoding, Buffer]> {
  if (on('gzip') && bytes[0] === 0x1f && bytes[1] === 0x8b)
    yield* attempt('gzip', () => gunzipSync(bytes, limit))
  if (on('zlib') && ZLIB_SECOND.has(bytes[1] ?? 0) && bytes[0] === 0x78)
    yield* attempt('zlib', () => inflateSync(bytes, limit))
  if (on('zlib') && bytes.subarray(0, 5).toString('latin1') === '%PDF-')
    for (const inner of pdfStreams(bytes, limit)) yield ['zlib', inner]
  if (on('zip')) yield* zipEntries(bytes, limit)
  if (on('png') && bytes.subarray(0, 8).equals(PNG_MAGIC))
    for (const inner of pngTexts(bytes, limit)) yield ['png', inner]
}

/** Second bytes of a zlib stream by its level. */
const ZLIB_SECOND: ReadonlySet<number> = new Set([0x01, 0x5e, 0x9c, 0xda])

function* attempt(how: Decoding, unpack: () => Buffer): Generator<readonly [Decoding, Buffer]> {
  const inner = unpackedBy(unpack)
  if (inner !== undefined) yield [how, inner]
}

/** Undefined: it is no such stream, and its bytes are looked at as they are. @throws UnseenError for a stream that is too large */
function unpackedBy(unpack: () => Buffer): Buffer | undefined {
  try {
    return unpack()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new UnseenError()
    return undefined
  }
}

/** Of a local file header (APPNOTE 4.3.7): its length, and where method, size of the data, and lengths of name and extra field stand. */
const ZIP_HEADER = 30
const [ZIP_METHOD, ZIP_SIZE, ZIP_NAME, ZIP_EXTRA] = [8, 18, 26, 28]
const DEFLATED = 8

/** Every entry by its own header, so that a zip which was cut off or stands behind something else is looked at, too. Names of files stand there as they are. */
function* zipEntries(bytes: Buffer, limit: ZlibOptions): Generator<readonly [Decoding, Buffer]> {
  for (let at = bytes.indexOf(ZIP_MAGIC); at >= 0; at = bytes.indexOf(ZIP_MAGIC, at + ZIP_MAGIC.length)) {
    if (at + ZIP_HEADER > bytes.length) return
    const name = at + ZIP_HEADER
    const extra = name + bytes.readUInt16LE(at + ZIP_NAME)
    const data = bytes.subarray(extra + bytes.readUInt16LE(at + ZIP_EXTRA))
    if (bytes.readUInt16LE(at + ZIP_METHOD) === DEFLATED)
      yield* attempt('zip', () => inflateRawSync(data, limit))
    else yield ['zip', data.subarray(0, bytes.readUInt32LE(at + ZIP_SIZE))]
  }
}

function* pdfStreams(bytes: Buffer, limit: ZlibOptions): Generator<Buffer> {
  for (let at = bytes.indexOf(STREAM); at >= 0; at = bytes.indexOf(STREAM, at + STREAM.length)) {
    let start = at + STREAM.length
    while (bytes[start] === 0x0d || bytes[start] === 0x0a) start += 1
    const from = start
    // Where it is not compressed, or the word stands in another place, it was looked at as it is.
    const inner = unpackedBy(() => inflateSync(bytes.subarray(from), limit))
    if (inner !== undefined) yield inner
  }
}

/** Text chunks of a picture: tEXt and iTXt as they are, and what is compressed in zTXt and iTXt. */
function* pngTexts(bytes: Buffer, limit: ZlibOptions): Generator<Buffer> {
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at)
    const type = bytes.subarray(at + 4, at + 8).toString('latin1')
    const data = bytes.subarray(at + 8, at + 8 + length)
    if (['tEXt', 'iTXt', 'zTXt', 'eXIf'].includes(type)) {
      yield data
      for (let start = data.indexOf(0x78); start >= 0; start = data.indexOf(0x78, start + 1)) {
        if (!ZLIB_SECOND.has(data[start + 1] ?? 0)) continue
        const from = start
        const inner = unpackedBy(() => inflateSync(data.subarray(from), limit))
        if (inner !== undefined) yield inner
      }
    }
    at += 12 + length
  }
}
