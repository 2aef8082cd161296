/** Finds the file that describes a package: the user names its folder, or the file itself. */
import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { AppError } from '../../model/errors.ts'

/**
 * Absolute path of `fileName` inside the folder at `path`; the path may also name that file.
 * @throws AppError INPUT_MISSING (user)
 */
export async function findPackageFile(path: string, fileName: string, what: string): Promise<string> {
  const full = resolve(path)
  const found = await stat(full).catch(() => undefined)
  if (found?.isDirectory() === true) return join(full, fileName)
  if (found !== undefined && basename(full) === fileName) return full
  throw new AppError('INPUT_MISSING', 'user', `there is no such ${what} folder`, {
    where: { file: found === undefined ? full : dirname(full) },
    hint: `name the folder that holds ${fileName}`,
  })
}
