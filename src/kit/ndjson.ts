/** Newline-delimited JSON that is appended durably and read back although the last line may be torn by a kill. */
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface NdjsonFile {
  /** Resolves when the line is on the disk. Calls made together share one fsync. After one failure all later calls fail, too: what follows a torn line could not be read back. */
  append(record: unknown): Promise<void>
  close(): Promise<void>
}

/** Opens a file for appending; creates it and its folder. A torn last line (no newline at its end) is cut off first. */
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

/** All whole lines, parsed. A torn last line is left out. @throws SyntaxError with the line number for damage elsewhere */
export async function readNdjson(path: string): Promise<unknown[]> {
  const text = await readFile(path, 'utf8')
  const lines = text.split('\n')
  lines.pop()
  return lines.flatMap((line, index) => {
    return line === '' ? [] : [parseLine(line, path, index + 1)]
  })
}

/** The same, one line at a time, for files of any size. @throws SyntaxError with the line number for damage before the last line */
export async function* streamNdjson(path: string): AsyncGenerator {
  let rest: Buffer = Buffer.alloc(0)
  let line = 0
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    const data: Buffer = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let start = 0
    for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, start)) {
      line += 1
      const text = data.toString('utf8', start, end)
      start = end + 1
      if (text !== '') yield parseLine(text, path, line)
    }
    rest = data.subarray(start)
  }
}

function parseLine(text: string, path: string, line: number): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new SyntaxError(`${path}:${line}: not a JSON line`)
  }
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
    let end = size
    while (end > 0) {
      const start = Math.max(0, end - TAIL_BLOCK)
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start)
      const newline = buffer.subarray(0, bytesRead).lastIndexOf(0x0a)
      if (newline >= 0) {
        end = start + newline + 1
        break
      }
      end = start
    }
    if (end < size) await handle.truncate(end)
  } finally {
    await handle.close()
  }
}
