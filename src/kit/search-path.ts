/** Where programs are looked for. */
import { delimiter } from 'node:path'

/** Programs of the system live where an ordinary user's PATH does not lead on Debian (mke2fs, debugfs, e2fsck). */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin']

/** The folders of PATH, then the system's own. On Windows PATH alone. */
export function searchPath(path = process.env['PATH'] ?? ''): readonly string[] {
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  if (process.platform === 'win32') return folders
  return [...folders, ...SYSTEM_FOLDERS.filter((folder) => !folders.includes(folder))]
}
