/** Writes that survive a kill: whole or not at all. */
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

let sequence = 0

/** Replaces a file in one step: temporary file in the same folder, fsync, rename. Makes the folder. */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  sequence += 1
  const temporary = `${path}.${process.pid}.${sequence}.tmp`
  try {
    const handle = await open(temporary, 'w', 0o644)
    try {
      await handle.writeFile(data)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
