/** Where programs are looked for. */
import { statSync } from 'node:fs'
import { delimiter, extname, resolve } from 'node:path'

/** Programs of the system live where an ordinary user's PATH does not lead on Debian (mke2fs, debugfs, e2fsck). */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin']

/** The folders of PATH, then the system's own. On Windows PATH alone. */
export function searchPath(path = process.env['PATH'] ?? ''): readonly string[] {
  if (process.platform === 'win32')
    // Entries may stand in quotes there.
    return path
      .split(delimiter)
      .map((folder) => folder.replace(/^"(.*)"$/, '$1'))
      .filter((folder) => folder !== '')
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  return [...folders, ...SYSTEM_FOLDERS.filter((folder) => !folders.includes(folder))]
}

/** What Windows starts by itself. A batch file, or a name that is not found, would go to cmd.exe as a line of text. */
const WINDOWS_PROGRAMS = ['.exe', '.com']

/**
 * The file of a program on Windows; undefined when there is none. A name is looked up in PATH alone: Windows itself would look
 * into the current folder first, where anybody's file may lie.
 */
export function windowsProgram(program: string, cwd = process.cwd()): string | undefined {
  const folders = /[\\/]/.test(program) ? [cwd] : searchPath()
  const endings = WINDOWS_PROGRAMS.includes(extname(program).toLowerCase()) ? [''] : WINDOWS_PROGRAMS
  return folders
    .flatMap((folder) => endings.map((ending) => resolve(folder, `${program}${ending}`)))
    .find((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
}
