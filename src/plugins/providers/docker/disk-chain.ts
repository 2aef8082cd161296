/** The files that a disk is made of, down to its first parent: these alone are shown to a container. */
import { open, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'

const MAXIMUM_DEPTH = 64
const MAXIMUM_NAME = 1023

/**
 * Absolute paths of a disk and its parents, the disk first. A file that is not there or no qcow2 ends the chain: QEMU's
 * own words tell what is wrong with it. (QEMU, docs/interop/qcow2.txt: magic at 0, offset and size of the name at 8, 16.)
 */
export async function diskChain(path: string): Promise<readonly string[]> {
  const paths = new Set<string>()
  let next: string | undefined = path
  for (let depth = 0; next !== undefined && depth < MAXIMUM_DEPTH && !paths.has(next); depth += 1) {
    const real: string | undefined = await realpath(next).catch(() => undefined)
    if (real === undefined) break
    // A disk names its parent by either path.
    paths.add(next).add(real)
    next = await parentOf(real)
  }
  return [...paths]
}

async function parentOf(path: string): Promise<string | undefined> {
  const handle = await open(path, 'r').catch(() => undefined)
  if (handle === undefined) return undefined
  try {
    const header = Buffer.alloc(20)
    const { bytesRead } = await handle.read(header, 0, header.length, 0)
    if (bytesRead < header.length || header.readUInt32BE(0) !== 0x514649fb) return undefined
    const [offset, size] = [Number(header.readBigUInt64BE(8)), header.readUInt32BE(16)]
    if (offset === 0 || size === 0 || size > MAXIMUM_NAME) return undefined
    const name = Buffer.alloc(size)
    await handle.read(name, 0, size, offset)
    const text = name.toString('utf8')
    return isAbsolute(text) ? text : join(dirname(path), text)
  } finally {
    await handle.close()
  }
}
