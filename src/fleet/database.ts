/** The PostgreSQL database that coordinator and workers share. The driver is loaded when it is opened, not before. */
import type { Pool, PoolClient, QueryResult } from 'pg'
import { oneLine } from '../kit/text.ts'
import { AppError, asAppError } from '../model/errors.ts'

export type Row = Readonly<Record<string, unknown>>

/** Runs statements, alone or inside of a transaction. */
export interface Statements {
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
}

export interface Database extends Statements {
  /** All of its statements happen or none does. */
  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T>
  close(): Promise<void>
}

const CONNECT_MS = 10_000
/** A server that went away without a word is given up after this. */
const ANSWER_MS = 30_000
/**
 * A process that stands still or is cut off in the middle of a transaction holds what it has locked: the server ends its transaction
 * after this, or nobody could take its leases away.
 */
export const IDLE_TRANSACTION_MS = 8000
/** For statements that the server still works on when nobody waits for their answer any more. */
const STATEMENT_MS = ANSWER_MS

/** Opens connections to it as they are needed: a database that is away is told by the first statement. */
export async function openDatabase(url: string, connections = 4): Promise<Database> {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    statement_timeout: STATEMENT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    keepAlive: true,
    application_name: 'ringzero',
  })
  // An idle connection that breaks is replaced by the next statement, which tells if that fails, too.
  pool.on('error', () => undefined)
  return {
    query: async (text, values = []) => rowsOf(await pool.query(text, [...values])),
    transaction: (work) => inTransaction(pool, work),
    close: () => pool.end(),
  }
}

async function inTransaction<T>(pool: Pool, work: (statements: Statements) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  // The pool hears of idle connections only.
  const onError = (): void => undefined
  client.on('error', onError)
  let broken = true
  try {
    await client.query('begin')
    const value = await work(statementsOf(client))
    await client.query('commit')
    broken = false
    return value
  } catch (error) {
    broken = await client.query('rollback').then(
      () => false,
      () => true,
    )
    throw error
  } finally {
    client.off('error', onError)
    client.release(broken)
  }
}

function statementsOf(client: PoolClient): Statements {
  return {
    query: async (text, values = []) => rowsOf(await client.query(text, [...values])),
  }
}

/** Of a text with several statements, the rows of all. */
function rowsOf(result: QueryResult | readonly QueryResult[]): readonly Row[] {
  return [result].flat().flatMap(({ rows }) => rows as Row[])
}

/**
 * SQLSTATE that says that the server is away, stops or is full, or that this process stood still in a transaction (25P03), and not
 * that a statement is wrong.
 */
const AWAY = /^(?:08|53|57|58|40|25P03)/

/** A connection that broke, or a name that cannot be looked up now. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
])

/** Codes of Node for a certificate that is not trusted, out of its time, or another host's. */
const UNTRUSTED = /CERT|^ERR_TLS_|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)/

/** Whether the server does not prove who it is, or encrypts nothing. */
function isUntrusted(error: unknown): boolean {
  const { code, message } = error as Partial<Record<'code' | 'message', unknown>>
  if (typeof code === 'string') return UNTRUSTED.test(code)
  return typeof message === 'string' && /does not support SSL/.test(message)
}

/** Whether trying again later may help. */
export function isAway(error: unknown): boolean {
  const { code, message, syscall } = error as Partial<Record<'code' | 'message' | 'syscall', unknown>>
  if (syscall === 'connect') return true
  if (isUntrusted(error)) return false
  // EPIPE looks like an SQLSTATE.
  if (typeof code === 'string') return NETWORK.has(code) || (/^[0-9A-Z]{5}$/.test(code) && AWAY.test(code))
  return /timeout|terminated|Connection|closed|not queryable/i.test(
    typeof message === 'string' ? message : '',
  )
}

/** An error of the database as a person is told it. The address, which may hold a password, is in none. */
export function databaseError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (!('code' in (error as object)) && !isAway(error) && !isUntrusted(error)) return asAppError(error)
  const said = oneLine(error instanceof Error && error.message !== '' ? error.message : String(error), 300)
  const { code } = error as { readonly code?: unknown }
  if (isUntrusted(error))
    return new AppError(
      'DATABASE_UNTRUSTED',
      'user',
      `the database does not prove that it is who the address says: ${said}`,
      {
        hint: 'give sslrootcert=FILE of the authority that signed its certificate, and the host name that stands in it',
        cause: error,
      },
    )
  if (code === '42501' || code === '28P01' || code === '28000')
    return new AppError('DATABASE_REFUSED', 'user', `the database refuses this account: ${said}`, {
      hint: 'give the account its role: `ringzero queue up` prints the statements',
      cause: error,
    })
  if (code === '42P01' || code === '3F000')
    return new AppError('DATABASE_EMPTY', 'user', `the database has no tables of ringzero: ${said}`, {
      hint: 'run `ringzero queue up` with an account that owns the database',
      cause: error,
    })
  return new AppError('DATABASE_AWAY', 'host', `the database cannot be used: ${said}`, {
    hint: 'see that it runs and that this computer reaches it; nothing that was recorded is lost',
    cause: error,
  })
}
