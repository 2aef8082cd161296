/** One zip of a bundle: the same bytes for the same files, on every computer and on every day. */
import { unzipSync, zipSync, type Zippable } from 'fflate'
import { AppError } from '../model/errors.ts'

/** path → bytes; paths with `/`. */
export type BundleFiles = ReadonlyMap<string, Uint8Array>

/** The first day that a zip can name, in local time, which is what the format has. */
const FIRST_DAY = new Date(1980, 0, 1)
/** Unix; the default would be that of the computer. */
const UNIX = 3
/** Much more than a bundle has: what claims more is no bundle. */
const LARGEST_BUNDLE = 1024 * 1024 * 1024

/**
 * Files in the order of their paths, all below `folder`. They are stored and not compressed: then every byte of the zip follows from
 * the files, so that none can be changed unseen, and no version of a compressor makes another zip of the same files.
 */
export function zipBundle(files: BundleFiles, folder: string): Uint8Array {
  const entries: Zippable = {}
  for (const path of [...files.keys()].sort())
    entries[`${folder}/${path}`] = [
      files.get(path) ?? new Uint8Array(),
      { mtime: FIRST_DAY, os: UNIX, attrs: 0o644 << 16, level: 0 },
    ]
  return zipSync(entries)
}

export interface UnpackedBundle {
  readonly files: BundleFiles
  /** False where the zip has a byte that `zipBundle` would not have written: another reader of zips may see other files in it. */
  readonly isAsPacked: boolean
}

/** The files of a zip, without the folder that they all lie in. @throws AppError BUNDLE_UNREADABLE (user) */
export function unzipBundle(bytes: Uint8Array): UnpackedBundle {
  let size = 0
  try {
    const entries = Object.entries(
      unzipSync(bytes, {
        filter: ({ originalSize }) => {
          size += originalSize
          if (size > LARGEST_BUNDLE) throw new Error('it unpacks to more than a gibibyte')
          return true
        },
      }),
    )
    const files = new Map(entries.map(([path, data]) => [path.slice(path.indexOf('/') + 1), data]))
    const folder = entries[0]?.[0].split('/')[0] ?? ''
    return { files, isAsPacked: Buffer.from(bytes).equals(zipBundle(files, folder)) }
  } catch (error) {
    throw new AppError(
      'BUNDLE_UNREADABLE',
      'user',
      `this is no zip of a bundle: ${(error as Error).message}`,
      {
        hint: 'give the folder or the zip that `ringzero publish` wrote',
        cause: error,
      },
    )
  }
}
