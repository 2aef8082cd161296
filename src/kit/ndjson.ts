/** Newline-delimited JSON that is appended durably and read back although the last line may be torn by a kill. */
import { mkdir, open, readFile, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface NdjsonFile {
  /** Resolves when the line is on the disk. Calls made together share one fsync. */
  append(record: unknown): Promise<void>
  close(): Promise<void>
}

/** Opens a file for appending; creates it and its folder. A torn last line (no newline at its end) is cut off first. */
export async function openNdjson(path: string): Promise<NdjsonFile> {
  await mkdir(dirname(path), { recursive: true })
  await cutTornLine(path)
  const handle = await open(path, 'a', 0o644)
  let waiting: { line: string; resolve: () => void; reject: (error: unknown) => void }[] = []
  let writing: Promise<void> | undefined
  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await handle.appendFile(batch.map((entry) => entry.line).join(''))
        await handle.datasync()
        for (const entry of batch) entry.resolve()
      } catch (error) {
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
    if (line === '') return []
    try {
      return [JSON.parse(line) as unknown]
    } catch {
      throw new SyntaxError(`${path}:${index + 1}: not a JSON line`)
    }
  })
}

async function cutTornLine(path: string): Promise<void> {
  let data: Buffer
  try {
    data = await readFile(path)
  } catch {
    return
  }
  if (data.length === 0 || data.at(-1) === 0x0a) return
  await truncate(path, data.lastIndexOf(0x0a) + 1)
}
