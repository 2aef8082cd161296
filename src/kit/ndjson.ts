/**
 * Newline-delimited JSON that is appended durably and read back although its end may be torn: by a kill (half a line), or
 * by a power loss, after which a file can be as long as before with zeros where its last blocks were.
 */
import { createReadStream, writeSync } from 'node:fs'
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { after } from './clock.ts'

export interface NdjsonFile {
  /**
   * Takes JSON text without a line break as the next line; resolves when it is on the disk. Calls made together share one write. After one
   * failure all later calls fail, too: what follows a torn line could not be read back.
   */
  append(json: string): Promise<void>
  /** The same for a line that no caller needs to wait for: it is on the disk before any line that is appended later, and soon in any case. */
  push(json: string, onWritten: () => void): void
  close(): Promise<void>
}

const NEWLINE = 0x0a

interface WaitingLine {
  readonly json: string
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Adds to each line, an object with some member, what depends on the lines before it. */
export interface Seal {
  /** Is given the UTF-8 bytes of each line in the order of the file; what it returns, ASCII, is written in the place of the last brace. */
  readonly endOf: (json: Buffer) => string
  /** Characters of what `endOf` returns, at most. */
  readonly longest: number
}

export interface NdjsonOptions {
  /** false: a line is with the operating system, which survives a kill of this process but no power cut. Default true. */
  readonly sync?: boolean
  /** Asked for after a torn end was cut off; undefined: lines are written as they are. */
  readonly seal?: () => Promise<Seal | undefined>
}

/** Opens a file for appending; creates it and its folder. A torn end is cut off first. @throws the file system's error, what `seal` throws */
export async function openNdjson(path: string, options: NdjsonOptions = {}): Promise<NdjsonFile> {
  await mkdir(dirname(path), { recursive: true })
  await cutTornLine(path)
  const seal = await options.seal?.()
  const handle = await open(path, 'a', 0o644)
  return options.sync === false ? writingAtOnce(handle, seal) : writingInTurns(handle, seal)
}

/** Each write and its fsync take as long as the disk does: what comes meanwhile is the next write. */
function writingInTurns(handle: FileHandle, seal: Seal | undefined): NdjsonFile {
  let waiting: WaitingLine[] = []
  let writing: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  const linesOf = lineEncoder(seal)
  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        if (failure !== undefined) throw failure.error
        await handle.appendFile(linesOf(batch))
        await handle.datasync()
        for (const entry of batch) entry.resolve()
      } catch (error) {
        failure ??= { error }
        for (const entry of batch) entry.reject(error)
      }
    }
    writing = undefined
  }
  const add = (entry: WaitingLine): void => {
    waiting.push(entry)
    writing ??= drain()
  }
  return {
    append: (json) => new Promise((resolve, reject) => add({ json, resolve, reject })),
    push: (json, onWritten) => add({ json, resolve: onWritten, reject: () => undefined }),
    async close() {
      await writing
      await handle.close()
    },
  }
}

/** Lines without a waiting caller are written at the latest when so many characters are waiting … */
const MOST_WAITING = 256 * 1024
/** … or after so long. */
const LONGEST_WAIT_MS = 50

/**
 * Handing a line to the operating system takes microseconds: less than a thread that does it would. All that comes in one turn of
 * this process is one write.
 */
function writingAtOnce(handle: FileHandle, seal: Seal | undefined): NdjsonFile {
  let waiting: WaitingLine[] = []
  let size = 0
  let due = false
  let failure: { readonly error: unknown } | undefined
  let stopTimer: (() => void) | undefined
  const linesOf = lineEncoder(seal)
  const flush = (): void => {
    due = false
    stopTimer?.()
    stopTimer = undefined
    const batch = waiting
    waiting = []
    size = 0
    if (batch.length === 0) return
    try {
      if (failure !== undefined) throw failure.error
      writeWhole(handle.fd, linesOf(batch))
    } catch (error) {
      failure ??= { error }
      for (const entry of batch) entry.reject(error)
      return
    }
    for (const entry of batch) entry.resolve()
  }
  const add = (entry: WaitingLine): void => {
    waiting.push(entry)
    size += entry.json.length
  }
  return {
    append: (json) =>
      new Promise((resolve, reject) => {
        add({ json, resolve, reject })
        // After all that can go on without waiting has gone on.
        if (!due) process.nextTick(flush)
        due = true
      }),
    push(json, onWritten) {
      add({ json, resolve: onWritten, reject: () => undefined })
      if (size > MOST_WAITING) flush()
      else stopTimer ??= after(LONGEST_WAIT_MS, flush)
    },
    async close() {
      flush()
      await handle.close()
    },
  }
}

/** UTF-8 bytes of one character of a string at most. */
const LONGEST_CHARACTER = 3
/** Room for lines that is kept for the next ones; a batch that needs more gets room of its own. */
const MOST_ROOM = 4 * 1024 * 1024

/**
 * Lines as bytes, each encoded by itself: joined first, one letter that Latin-1 lacks would make all of them twice as large. The room is
 * used again and again: a new one for each write costs more than the encoding.
 */
function lineEncoder(seal: Seal | undefined): (batch: readonly WaitingLine[]) => Buffer {
  let kept = Buffer.allocUnsafe(64 * 1024)
  /** What it returns holds until the next call. */
  return (batch) => {
    const most = batch.reduce(
      (sum, { json }) => sum + LONGEST_CHARACTER * json.length + 1 + (seal?.longest ?? 0),
      0,
    )
    if (most > kept.length && most <= MOST_ROOM) kept = Buffer.allocUnsafe(Math.min(MOST_ROOM, 2 * most))
    const bytes = most > kept.length ? Buffer.allocUnsafe(most) : kept
    let length = 0
    for (const { json } of batch) {
      const start = length
      length += bytes.write(json, start)
      if (seal !== undefined) {
        const end = seal.endOf(bytes.subarray(start, length))
        length += bytes.write(end, length - 1, 'latin1') - 1
      }
      bytes[length] = NEWLINE
      length += 1
    }
    return bytes.subarray(0, length)
  }
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
}

/**
 * All whole lines, one at a time, for files of any size. A torn end is left out: a last line without a newline, and last
 * lines with zeros in them.
 * @throws SyntaxError with the line number for damage that whole lines follow
 */
export async function* streamNdjson(path: string): AsyncGenerator {
  let line = 0
  let torn: SyntaxError | undefined
  for await (const text of wholeLines(path)) {
    line += 1
    if (text === '') continue
    if (torn !== undefined && !text.includes('\0')) throw torn
    if (text.includes('\0')) torn ??= notJson(path, line)
    else yield parseLine(text, path, line)
  }
}

async function* wholeLines(path: string): AsyncGenerator<string> {
  let pieces: Buffer[] = []
  for await (const data of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, start)) {
      pieces.push(data.subarray(start, end))
      yield (pieces.length === 1 ? pieces[0] : Buffer.concat(pieces))?.toString('utf8') ?? ''
      pieces = []
      start = end + 1
    }
    if (start < data.length) pieces.push(data.subarray(start))
  }
}

function parseLine(text: string, path: string, line: number): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw notJson(path, line)
  }
}

function notJson(path: string, line: number): SyntaxError {
  return new SyntaxError(`${path}:${line}: not a JSON line`)
}

const TAIL_BLOCK = 64 * 1024

async function cutTornLine(path: string): Promise<void> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r+')
  } catch {
    return
  }
  try {
    const { size } = await handle.stat()
    let end = await lineStart(handle, size)
    // Zeros stand in no whole line: each last line with one is torn, too, and what is empty before it.
    for (let at = end; at > 0;) {
      const start = await lineStart(handle, at - 1)
      if (await hasZero(handle, start, at)) end = start
      else if (at - start > 1) break
      at = start
    }
    if (end < size) await handle.truncate(end)
  } finally {
    await handle.close()
  }
}

/** The last whole line; undefined for a file without one, or none. */
export async function lastLine(path: string): Promise<string | undefined> {
  const handle = await open(path, 'r').catch(() => undefined)
  if (handle === undefined) return undefined
  try {
    const end = await lineStart(handle, (await handle.stat()).size)
    if (end === 0) return undefined
    return (await readBlock(handle, await lineStart(handle, end - 1), end - 1)).toString('utf8')
  } finally {
    await handle.close()
  }
}

/** Where the line begins that ends at this offset: behind the last newline before it. */
async function lineStart(handle: FileHandle, end: number): Promise<number> {
  for (let to = end; to > 0; to = Math.max(0, to - TAIL_BLOCK)) {
    const from = Math.max(0, to - TAIL_BLOCK)
    const newline = (await readBlock(handle, from, to)).lastIndexOf(NEWLINE)
    if (newline >= 0) return from + newline + 1
  }
  return 0
}

async function hasZero(handle: FileHandle, start: number, end: number): Promise<boolean> {
  for (let from = start; from < end; from += TAIL_BLOCK)
    if ((await readBlock(handle, from, Math.min(end, from + TAIL_BLOCK))).includes(0)) return true
  return false
}

async function readBlock(handle: FileHandle, from: number, to: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(to - from), 0, to - from, from)
  return buffer.subarray(0, bytesRead)
}
