/** The embedded database: several clients, as processes of one computer have them, on one session of PGlite. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/fleet/database.ts'
import { serveEmbeddedDatabase, type EmbeddedDatabase } from '../../src/fleet/embedded-database.ts'
import { notOnWindows } from '../windows-host/not-on-windows.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-embedded-'))
let served: EmbeddedDatabase
const clients: pg.Client[] = []

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: served.url })
  client.on('error', () => undefined)
  await client.connect()
  clients.push(client)
  return client
}

const numbers = async (client: pg.Client): Promise<number[]> =>
  (await client.query<{ n: number }>('select n from kept order by n')).rows.map(({ n }) => n)

beforeAll(async () => {
  served = await serveEmbeddedDatabase({ folder: join(folder, 'queue'), idleMs: 60_000 })
  await (await connect()).query('create table kept (n int)')
}, 300_000)

afterAll(async () => {
  await Promise.all(clients.map((client) => client.end().catch(() => undefined)))
  await served.close()
  rmSync(folder, { recursive: true })
})

describe('the embedded database', notOnWindows('an embedded database of the workers'), () => {
  it('can be reached by its owner alone', () => {
    expect(statSync(join(folder, 'queue')).mode & 0o077).toBe(0)
  })

  it('a statement of one client never falls into the transaction of another', async () => {
    const [one, other] = [await connect(), await connect()]
    await one.query('begin')
    await one.query('insert into kept values ($1)', [1])
    const waits = other.query('insert into kept values ($1)', [2])
    await one.query('insert into kept values (3)')
    await one.query('rollback')
    await waits
    expect(await numbers(other)).toEqual([2])
  })

  it('a failed transaction is the failure of its client alone', async () => {
    const [one, other] = [await connect(), await connect()]
    await one.query('begin')
    await expect(one.query('select 1 / $1::int', [0])).rejects.toThrow('division by zero')
    const waits = other.query('select 5 as five')
    await expect(one.query('select 1')).rejects.toThrow('aborted')
    await one.query('rollback')
    expect((await waits).rows).toEqual([{ five: 5 }])
  })

  it('gives each of many clients its own answers', async () => {
    const many = await Promise.all(Array.from({ length: 8 }, connect))
    const sums = many.map(async (client, index) => {
      const answers: number[] = []
      for (let step = 0; step < 40; step += 1) {
        const { rows } = await client.query<{ sum: number }>('select $1::int + $2::int as sum', [
          index * 1000,
          step,
        ])
        answers.push(rows[0]?.sum ?? -1)
      }
      return answers
    })
    expect(await Promise.all(sums)).toEqual(
      many.map((_, index) => Array.from({ length: 40 }, (__, step) => index * 1000 + step)),
    )
  })

  it('undoes what a client that breaks off had open, and goes on with the others', async () => {
    const [one, other] = [await connect(), await connect()]
    await one.query('begin')
    await one.query('delete from kept')
    const waits = numbers(other)
    const socket = (one as unknown as { connection: { stream: { destroy(): void } } }).connection.stream
    socket.destroy()
    expect(await waits).toEqual([2])
  })

  it('takes large values, and carries the transactions of the tool', async () => {
    const database = await openDatabase(served.url)
    const large = 'x'.repeat(3_000_000)
    await database.query('create table large (text text)')
    await database.transaction((inside) => inside.query('insert into large values ($1)', [large]))
    const failed = database.transaction(async (inside) => {
      await inside.query('delete from large')
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(await database.query('select text from large')).toEqual([{ text: large }])
    await database.close()
  })

  it('keeps what was committed for its next process', async () => {
    await served.close()
    served = await serveEmbeddedDatabase({ folder: join(folder, 'queue'), idleMs: 60_000 })
    expect(await numbers(await connect())).toEqual([2])
  })

  it('takes its transaction from a client that says nothing for too long', async () => {
    await served.close()
    served = await serveEmbeddedDatabase({ folder: join(folder, 'queue'), idleMs: 20 })
    const [one, other] = [await connect(), await connect()]
    await one.query('begin; delete from kept')
    expect(await numbers(other)).toEqual([2])
    await expect(one.query('commit')).rejects.toThrow(/terminated|too long|not queryable|closed/)
  })

  it('gives up on a client that does not speak the protocol', async () => {
    const { createConnection } = await import('node:net')
    const socket = createConnection(join(folder, 'queue/.s.PGSQL.5432'))
    socket.on('error', () => undefined)
    socket.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    await new Promise((resolve) => socket.on('close', resolve))
    expect(await numbers(await connect())).toEqual([2])
  })
})
