/**
 * Newline-delimited JSON that is appended durably and read back although its end may be torn: by a kill (half a line), or
 * by a power loss, after which a file can be as long as before with zeros where its last blocks were.
 */
import { createReadStream } from 'node:fs'
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface NdjsonFile {
  /** Resolves when the line is on the disk. Calls made together share one fsync. After one failure all later calls fail, too: what follows a torn line could not be read back. */
  append(record: unknown): Promise<void>
  close(): Promise<void>
}

/** Opens a file for appending; creates it and its folder. A torn end is cut off first. */
export async function openNdjson(
  path: string,
  options: {
    /** false: a line is with the operating system, which survives a kill of this process but no power cut. Default true. */
    readonly sync?: boolean
  } = {},
): Promise<NdjsonFile> {
  await mkdir(dirname(path), { recursive: true })
  await cutTornLine(path)
  const handle = await open(path, 'a', 0o644)
  let waiting: { line: string; resolve: () => void; reject: (error: unknown) => void }[] = []
  let writing: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        if (failure !== undefined) throw failure.error
        await handle.appendFile(batch.map((entry) => entry.line).join(''))
        if (options.sync !== false) await handle.datasync()
        for (const entry of batch) entry.resolve()
      } catch (error) {
        failure ??= { error }
        for (const entry of batch) entry.reject(error)
      }
    }
    writing = undefined
  }
  return {
    append: (record) =>
      new Promise((resolve, reject) => {
        waiting.push({ line: `${JSON.stringify(record)}\n`, resolve, reject })
        writing ??= drain()
      }),
    async close() {
      await writing
      await handle.close()
    },
  }
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
    for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, start)) {
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

/** Where the line begins that ends at this offset: behind the last newline before it. */
async function lineStart(handle: FileHandle, end: number): Promise<number> {
  for (let to = end; to > 0; to = Math.max(0, to - TAIL_BLOCK)) {
    const from = Math.max(0, to - TAIL_BLOCK)
    const newline = (await readBlock(handle, from, to)).lastIndexOf(0x0a)
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
