/** Unpacks what distributions compress kernels and modules with. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { runProgram } from '../../kit/process.ts'
import { oneLine } from '../../kit/text.ts'
import { AppError } from '../../model/errors.ts'

/** A program that unpacks what this Node cannot, and the Debian package that has it. */
const PROGRAMS = {
  // --single-stream stops before the appended size.
  xz: { program: 'xz', options: ['-dc', '--single-stream'], package: 'xz-utils' },
  lz4: { program: 'lz4', options: ['-dc', '-q'], package: 'lz4' },
} as const

const MAGIC: readonly (readonly [string, keyof typeof PROGRAMS | 'gzip' | 'zstd' | 'elf'])[] = [
  ['fd377a585a00', 'xz'],
  ['02214c18', 'lz4'],
  ['1f8b', 'gzip'],
  ['28b52ffd', 'zstd'],
  ['7f454c46', 'elf'],
]

/** What a kernel's build appends to its compressed payload: how long it is unpacked. lz4 would take it for a damaged block. */
const APPENDED_SIZE_BYTES = 4

const MAXIMUM_BYTES = 512 * 1024 * 1024

/**
 * The unpacked bytes of `data`, undefined when its format is none of xz, lz4, gzip, zstd or ELF.
 * @throws AppError HOST_UNPACK when the data is damaged or the xz or lz4 program is missing
 */
export async function unpack(data: Buffer, signal?: AbortSignal): Promise<Buffer | undefined> {
  const start = data.toString('hex', 0, 6)
  const format = MAGIC.find(([magic]) => start.startsWith(magic))?.[1]
  if (format === undefined) return undefined
  if (format === 'elf') return data
  if (format === 'gzip') return gunzipSync(data, { maxOutputLength: MAXIMUM_BYTES })
  if (format === 'zstd') return zstdDecompressSync(data, { maxOutputLength: MAXIMUM_BYTES })
  const unpacker = PROGRAMS[format]
  const done = await runProgram(unpacker.program, unpacker.options, {
    input: format === 'lz4' ? data.subarray(0, -APPENDED_SIZE_BYTES) : data,
    maximumBytes: MAXIMUM_BYTES,
    ...(signal === undefined ? {} : { signal }),
  })
  if (done.exitCode === 0 && done.stdout.length > 0) return done.stdout
  const reason = done.startError ?? oneLine(done.stderr.toString('utf8'))
  throw new AppError('HOST_UNPACK', 'host', `${unpacker.program}: ${reason}`, {
    hint: `install the package ${unpacker.package}`,
  })
}
