/** Keeps a folder for one process at a time. */
import { readFile } from 'node:fs/promises'
import type { AppError } from '../model/errors.ts'
import { parseOwner, releaseOwnedFile, takeOwnedFile, thisOwner } from '../kit/owned-file.ts'

/**
 * Takes a lock file, from a process that is gone, too.
 * @param refusal the error for the process id of whoever has it
 * @returns gives it back
 */
export async function asOnlyProcess(
  file: string,
  refusal: (pid: string) => AppError,
): Promise<() => Promise<void>> {
  const text = JSON.stringify(await thisOwner())
  if (!(await takeOwnedFile(file, text)) && !(await takeOwnedFile(file, text)))
    throw refusal(String(parseOwner(await readFile(file, 'utf8').catch(() => ''))?.pid ?? '?'))
  return () => releaseOwnedFile(file, text)
}
