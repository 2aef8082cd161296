/** Unpacks what distributions compress kernels and modules with. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { runProgram } from '../../kit/process.ts'
import { oneLine } from '../../kit/text.ts'
import { AppError } from '../../model/errors.ts'

const MAGIC: readonly (readonly [string, 'xz' | 'gzip' | 'zstd' | 'elf'])[] = [
  ['fd377a585a00', 'xz'],
  ['1f8b', 'gzip'],
  ['28b52ffd', 'zstd'],
  ['7f454c46', 'elf'],
]

const MAXIMUM_BYTES = 512 * 1024 * 1024

/**
 * The unpacked bytes of `data`, undefined when its format is none of xz, gzip, zstd or ELF (LZ4 kernels start fast as they are).
 * @throws AppError HOST_UNPACK when the data is damaged or the xz program is missing
 */
export async function unpack(data: Buffer, signal?: AbortSignal): Promise<Buffer | undefined> {
  const start = data.toString('hex', 0, 6)
  const format = MAGIC.find(([magic]) => start.startsWith(magic))?.[1]
  if (format === undefined) return undefined
  if (format === 'elf') return data
  if (format === 'gzip') return gunzipSync(data, { maxOutputLength: MAXIMUM_BYTES })
  if (format === 'zstd') return zstdDecompressSync(data, { maxOutputLength: MAXIMUM_BYTES })
  // The kernel appends its unpacked size to the stream; --single-stream stops before it.
  const done = await runProgram('xz', ['-dc', '--single-stream'], {
    input: data,
    maximumBytes: MAXIMUM_BYTES,
    ...(signal === undefined ? {} : { signal }),
  })
  if (done.exitCode === 0 && done.stdout.length > 0) return done.stdout
  const reason = done.startError ?? oneLine(done.stderr.toString('utf8'))
  throw new AppError('HOST_UNPACK', 'host', `xz: ${reason}`, { hint: 'install the package xz-utils' })
}
