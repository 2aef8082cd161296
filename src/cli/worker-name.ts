/** The name by which a worker is known. */
import { hostname } from 'node:os'
import { AppError } from '../model/errors.ts'
import { NameSchema } from '../model/ids.ts'

/** The name that was given, or the computer's. @throws AppError USAGE (user) for a text that is no name */
export function workerName(given: string | undefined): string {
  const name =
    given ??
    hostname()
      .replace(/[^A-Za-z0-9._-]/g, '-')
      .slice(0, 64)
  const parsed = NameSchema.safeParse(name)
  if (parsed.success) return parsed.data
  throw new AppError('USAGE', 'user', `"${name}" is no name of a worker`, {
    hint: 'give --name with letters, digits, ".", "-" and "_", starting with a letter or digit',
  })
}
