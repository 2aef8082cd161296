/**
 * PostgreSQL embedded in one process (PGlite), served to the others of this computer. PGlite has one session for all: a client has it
 * alone from its first message until no transaction of it is open, so that no statement falls into the transaction of another client,
 * or between the parts of its statement.
 */
import { mkdir, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import { after } from '../kit/clock.ts'
import { ClientMessages, fatalError, greeting, isIdleAfter, simpleQuery } from './wire-messages.ts'

export interface EmbeddedDatabase {
  /** Where `openDatabase` finds it. */
  readonly url: string
  close(): Promise<void>
}

export interface EmbeddedOptions {
  /** Kept in `data`; the socket lies beside it. Only its owner may enter. */
  readonly folder: string
  /** A client that holds a transaction open without a word for longer loses it: everybody else waits meanwhile. */
  readonly idleMs: number
}

/** As PostgreSQL names a socket of the usual port; its path may have 107 bytes on Linux, 103 elsewhere. */
const SOCKET = '.s.PGSQL.5432'

/** Opens the database of a folder, or makes it, and takes clients. */
export async function serveEmbeddedDatabase(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { folder } = options
  // Its files are readable for everybody: the folder is not.
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { PGlite: Engine } = await import('@electric-sql/pglite')
  const engine = await Engine.create(join(folder, 'data'))
  const { rows } = await engine.query<{ server_version: string }>('show server_version')
  const turns = new Turns()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    void serveClient(socket, engine, turns, rows[0]?.server_version ?? '', options.idleMs)
      .catch(() => undefined)
      .finally(() => socket.destroy())
  })
  const path = join(folder, SOCKET)
  await rm(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  return {
    url: `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
      // After all that was begun.
      await turns.take()
      await engine.close()
    },
  }
}

async function serveClient(
  socket: Socket,
  engine: PGlite,
  turns: Turns,
  version: string,
  idleMs: number,
): Promise<void> {
  const messages = new ClientMessages()
  let giveBack: (() => void) | undefined
  let calledOff = (): void => undefined
  try {
    for await (const bytes of socket) {
      calledOff()
      for (const message of messages.take(bytes as Buffer)) {
        if (message.kind === 'end' || message.kind === 'cancel') return
        if (message.kind === 'encryption') socket.write('N')
        else if (message.kind === 'startup') socket.write(greeting(version))
        else {
          giveBack ??= await turns.take()
          const answer = Buffer.from(await engine.execProtocolRaw(message.bytes))
          socket.write(answer)
          if (isIdleAfter(answer) !== false) {
            giveBack()
            giveBack = undefined
          }
        }
      }
      if (giveBack !== undefined)
        calledOff = after(idleMs, () => {
          // 25P03, as PostgreSQL's own idle_in_transaction_session_timeout.
          socket.write(fatalError('25P03', 'the transaction was open without a word for too long'))
          socket.destroy()
        })
    }
  } finally {
    calledOff()
    if (giveBack !== undefined) {
      await engine.execProtocolRaw(simpleQuery('rollback')).catch(() => undefined)
      giveBack()
    }
  }
}

/** Who comes first goes first. */
class Turns {
  #last: Promise<void> = Promise.resolve()

  /** @returns called once, when the next may go */
  async take(): Promise<() => void> {
    const before = this.#last
    let giveBack = (): void => undefined
    this.#last = new Promise((resolve) => {
      giveBack = resolve
    })
    await before
    return giveBack
  }
}
