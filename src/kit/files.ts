/** Writes that survive a kill: whole or not at all. */
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

let sequence = 0

/** What is written at once of a file that comes in pieces, in characters. */
const WRITTEN_AT_ONCE = 1024 * 1024

export interface WriteOptions {
  /** Looked at between two pieces of data. */
  readonly signal?: AbortSignal
  /** false: the file survives a kill of this process, not a power cut. Default true. */
  readonly sync?: boolean
}

/**
 * Replaces a file in one step: temporary file in the same folder, fsync, rename. Makes the folder. Data in pieces may be of any size.
 * @throws the file system's error; the signal's reason
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array | Iterable<string>,
  { signal, sync = true }: WriteOptions = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  sequence += 1
  const temporary = `${path}.${process.pid}.${sequence}.tmp`
  try {
    const handle = await open(temporary, 'w', 0o644)
    try {
      if (typeof data === 'string' || data instanceof Uint8Array) await handle.writeFile(data)
      else
        for (const text of joined(data)) {
          signal?.throwIfAborted()
          await handle.appendFile(text)
        }
      if (sync) await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

function* joined(pieces: Iterable<string>): Generator<string> {
  let text = ''
  for (const piece of pieces) {
    text += piece
    if (text.length < WRITTEN_AT_ONCE) continue
    yield text
    text = ''
  }
  yield text
}
