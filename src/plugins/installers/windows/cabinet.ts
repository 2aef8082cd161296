/** What lies in a cabinet, which an .msu for builds before 20348 is: only its directory is read ([MS-CAB] 2.1, 2.3). */
import { open } from 'node:fs/promises'

const HEADER_BYTES = 36
/** The directory stands behind the header and the list of folders; an update's is a few hundred bytes long. */
const MOST_BYTES = 1024 * 1024
/** Before the name of each file. */
const ENTRY_BYTES = 16

/** Names in the order of the directory; undefined for a file that is no cabinet, or one whose directory is damaged. */
export async function cabinetFileNames(path: string): Promise<readonly string[] | undefined> {
  const file = await open(path, 'r')
  try {
    const bytes = Buffer.alloc(MOST_BYTES)
    const { bytesRead } = await file.read(bytes, 0, MOST_BYTES, 0)
    return namesIn(bytes.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

function namesIn(bytes: Buffer): readonly string[] | undefined {
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== 'MSCF') return undefined
  let at = bytes.readUInt32LE(16)
  const names: string[] = []
  for (let left = bytes.readUInt16LE(28); left > 0; left -= 1) {
    const begin = at + ENTRY_BYTES
    const end = begin < bytes.length ? bytes.indexOf(0, begin) : -1
    if (end === -1) return undefined
    names.push(bytes.toString('utf8', begin, end))
    at = end + 1
  }
  return names
}
