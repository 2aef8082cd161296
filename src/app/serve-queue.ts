/** `ringzero queue serve`: the database of the workers without a server, for one computer. */
import { join, resolve } from 'node:path'
import { IDLE_TRANSACTION_MS } from '../fleet/database.ts'
import { serveEmbeddedDatabase } from '../fleet/embedded-database.ts'
import { whenAborted } from '../kit/when-aborted.ts'
import { AppError } from '../model/errors.ts'
import { asOnlyProcess } from './only-process.ts'
import { makeTables } from './queue-up.ts'

export interface ServeRequest {
  readonly folder: string
  readonly signal: AbortSignal
  /** Called with the address when processes of this account can connect. */
  readonly ready: (url: string) => void
}

/** What a path of a socket may have, with the name of the socket. */
const LONGEST_FOLDER = 85

/** Serves until the signal aborts. @throws AppError QUEUE_FOLDER, QUEUE_LOCKED (user) */
export async function serveQueue({ folder: given, signal, ready }: ServeRequest): Promise<void> {
  const folder = resolve(given)
  if (process.platform === 'win32')
    throw new AppError('QUEUE_FOLDER', 'user', 'the embedded database is not served on Windows', {
      hint: 'use a PostgreSQL server, also on this computer, and `ringzero queue up`',
    })
  if (Buffer.byteLength(folder) > LONGEST_FOLDER)
    throw new AppError('QUEUE_FOLDER', 'user', `the path ${folder} is too long for a socket in it`, {
      hint: `give --folder a path of at most ${LONGEST_FOLDER} bytes`,
    })
  const unlock = await asOnlyProcess(
    join(folder, 'queue.lock'),
    (pid) =>
      new AppError('QUEUE_LOCKED', 'user', `another process (${pid}) serves the database of ${folder}`, {
        hint: 'use it, stop it first, or give --folder another folder',
      }),
  )
  try {
    const served = await serveEmbeddedDatabase({ folder, idleMs: IDLE_TRANSACTION_MS })
    try {
      await makeTables(served.url)
      ready(served.url)
      await new Promise<void>((settle) => {
        if (signal.aborted) settle()
        else whenAborted(signal, settle)
      })
    } finally {
      await served.close()
    }
  } finally {
    await unlock()
  }
}
