/** Where the database of the workers is: an address that comes from the environment or from a file, since it may hold a password. */
import { AppError } from '../model/errors.ts'
import { secretReader } from './secrets.ts'

/** Read where no flag says otherwise. */
export const DATABASE_VARIABLE = 'RINGZERO_DATABASE_URL'

/** With which pg verifies the server's certificate and name (pg-connection-string treats the first two as the third). */
const VERIFYING = new Set(['require', 'verify-ca', 'verify-full'])
const LOCAL = new Set(['', 'localhost', '127.0.0.1', '::1', '[::1]'])

/**
 * The address of the database.
 * @param source `env:NAME` or `file:PATH`; absent: the variable RINGZERO_DATABASE_URL
 * @throws AppError DATABASE_URL (user) for another source, no address, or an address that would send data in clear to another computer; SECRET_*
 */
export function databaseUrl(source: string | undefined, environment: NodeJS.ProcessEnv): string {
  const [, kind, name = ''] = /^(env|file):(.+)$/s.exec(source ?? `env:${DATABASE_VARIABLE}`) ?? []
  if (kind === undefined)
    throw wrong(
      '--database-url takes no address: it would stand in the list of processes',
      `write the address into the variable ${DATABASE_VARIABLE}, or give --database-url env:NAME or file:PATH`,
    )
  if (kind === 'env' && (environment[name] ?? '') === '')
    throw wrong(
      `no database is given: the variable ${name} is not set`,
      `set it to postgres://USER@HOST/DATABASE?sslmode=verify-full, or give --database-url file:PATH`,
    )
  const url =
    kind === 'env'
      ? (environment[name] ?? '')
      : secretReader(
          [{ name: 'database-url', file: name }],
          process.cwd(),
          environment,
        )('database-url').trim()
  return checked(url)
}

function checked(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol))
    throw wrong(
      'the address of the database is none',
      'write it as postgres://USER@HOST/DATABASE?sslmode=verify-full',
    )
  const doubled = [...url.searchParams.keys()].find((name) => url.searchParams.getAll(name).length > 1)
  if (doubled !== undefined)
    throw wrong(
      `the address of the database says ${doubled} more than once`,
      `leave one ${doubled} in it: programs differ in which they take`,
    )
  const host = url.searchParams.get('host') ?? url.hostname
  if (LOCAL.has(host) || host.startsWith('/')) return text
  if (!VERIFYING.has(url.searchParams.get('sslmode') ?? ''))
    throw wrong(
      `the connection to the database on ${host} would not be encrypted and verified`,
      'add ?sslmode=verify-full to the address, and sslrootcert=FILE for a certificate of your own',
    )
  url.searchParams.set('sslmode', 'verify-full')
  return url.href
}

function wrong(message: string, hint: string): AppError {
  return new AppError('DATABASE_URL', 'user', message, { hint })
}
