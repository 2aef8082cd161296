/** Finds the file system of a Linux guest on a flat disk. */
import { AppError } from '../../../../model/errors.ts'

const SECTOR = 512
/** ext2/3/4 superblock: magic 0xEF53 at byte 56 of the block that begins at 1024. */
const MAGIC_OFFSET = 1024 + 56
const MAGIC = 0xef53
const MAXIMUM_PARTITIONS = 128

/**
 * Byte offset of the largest ext file system: the whole disk's, or a partition's (GPT, MBR primaries).
 * @throws AppError OFFLINE_DISK_UNREADABLE when there is none
 */
export async function findLinuxPartition(readAt: ReadAt): Promise<number> {
  if (await isExt(readAt, 0)) return 0
  const partitions = [...(await gptPartitions(readAt)), ...(await mbrPartitions(readAt))]
  for (const { start } of partitions.toSorted((a, b) => b.size - a.size))
    if (await isExt(readAt, start)) return start
  throw new AppError('OFFLINE_DISK_UNREADABLE', 'tool', 'the machine’s disk has no ext file system')
}

/** Bytes of the flat disk; zeros where it ends before, so that a disk that lies about its tables is only unreadable. */
type ReadAt = (position: number, length: number) => Promise<Buffer>

interface Partition {
  readonly start: number
  readonly size: number
}

async function isExt(readAt: ReadAt, start: number): Promise<boolean> {
  return (await readAt(start + MAGIC_OFFSET, 2)).readUInt16LE(0) === MAGIC
}

/** UEFI specification 5.3: header in the second sector, entries where it says. */
async function gptPartitions(readAt: ReadAt): Promise<Partition[]> {
  const header = await readAt(SECTOR, 92)
  if (header.toString('latin1', 0, 8) !== 'EFI PART') return []
  const start = sectors(header.readBigUInt64LE(72))
  const [count, size] = [Math.min(header.readUInt32LE(80), MAXIMUM_PARTITIONS), header.readUInt32LE(84)]
  if (start === undefined || size < 128 || size > 4096) return []
  const table = await readAt(start, count * size)
  return Array.from({ length: count }, (_, index) => {
    const [first, last] = [table.readBigUInt64LE(index * size + 32), table.readBigUInt64LE(index * size + 40)]
    const offset = sectors(first)
    return first === 0n || last < first || offset === undefined
      ? []
      : [{ start: offset, size: Number(last - first + 1n) * SECTOR }]
  }).flat()
}

async function mbrPartitions(readAt: ReadAt): Promise<Partition[]> {
  const sector = await readAt(0, SECTOR)
  if (sector.readUInt16LE(510) !== 0xaa55) return []
  return [446, 462, 478, 494].flatMap((entry) => {
    const [first, count] = [sector.readUInt32LE(entry + 8), sector.readUInt32LE(entry + 12)]
    return first === 0 || count === 0 ? [] : [{ start: first * SECTOR, size: count * SECTOR }]
  })
}

function sectors(value: bigint): number | undefined {
  return value < 2n ** 43n ? Number(value) * SECTOR : undefined
}
