/** Where a page may be written that a person named. */
import { access, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { AppError } from '../model/errors.ts'

/** Returns the absolute path. @throws AppError OUTPUT_EXISTS, OUTPUT_FOLDER (user): nothing that is there is written over */
export async function checkPageTarget(path: string): Promise<string> {
  const file = resolve(path)
  const folder = await stat(dirname(file)).catch(() => undefined)
  if (folder?.isDirectory() !== true)
    throw new AppError('OUTPUT_FOLDER', 'user', `${dirname(file)} is no folder`, {
      where: { file },
      hint: 'make the folder first, or choose another one',
    })
  const exists = await access(file).then(
    () => true,
    () => false,
  )
  if (exists)
    throw new AppError('OUTPUT_EXISTS', 'user', `${file} is there already`, {
      where: { file },
      hint: 'remove it, or choose another name',
    })
  return file
}
