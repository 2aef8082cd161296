/** One zip of a bundle: the same bytes for the same files, on every computer and on every day. */
import { zipSync, type Zippable } from 'fflate'

/** path → bytes; paths with `/`. */
export type BundleFiles = ReadonlyMap<string, Uint8Array>

/** The first day that a zip can name, in local time, which is what the format has. */
const FIRST_DAY = new Date(1980, 0, 1)
/** Unix; the default would be that of the computer. */
const UNIX = 3

/** Files in the order of their paths, all below `folder`. */
export function zipBundle(files: BundleFiles, folder: string): Uint8Array {
  const entries: Zippable = {}
  for (const path of [...files.keys()].sort())
    entries[`${folder}/${path}`] = [
      files.get(path) ?? new Uint8Array(),
      { mtime: FIRST_DAY, os: UNIX, attrs: 0o644 << 16, level: 9 },
    ]
  return zipSync(entries)
}
