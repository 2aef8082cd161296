/** TLS to a real PostgreSQL server: whoever does not prove that it is the database that was asked for gets nothing. */
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseError, isAway, openDatabase } from '../../src/fleet/database.ts'
import { databaseUrl } from '../../src/inputs/database-url.ts'
import { needsPostgres, startPostgres, type PostgresServer } from '../stand-ins/postgres-server.ts'

/** This computer, by a name that the tool takes for another. */
const HOST = '127.0.0.2'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const onPostgres = needsPostgres()

describe('the connection to the database of another computer', onPostgres, () => {
  let server: PostgresServer
  let plain: PostgresServer
  let port = 0
  let plainPort = 0
  beforeAll(async () => {
    port = await freePort()
    server = startPostgres(10, { host: HOST, port })
    plainPort = await freePort()
    plain = startPostgres(10, { host: HOST, port: plainPort, isPlain: true })
  }, 120_000)
  afterAll(() => {
    server.stop()
    plain.stop()
  })

  /** What a statement answers, or the error that a person is told and whether a worker would try again. */
  async function asked(address: string): Promise<unknown> {
    const database = await openDatabase(databaseUrl('env:URL', { URL: address }))
    try {
      return await database.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
    } catch (error) {
      const { code, fault, message } = databaseError(error)
      return { code, fault, message, triesAgain: isAway(error) }
    } finally {
      await database.close()
    }
  }
  const ca = (name: string): string => `sslrootcert=${encodeURIComponent(join(server.folder, name))}`
  const untrusted = { code: 'DATABASE_UNTRUSTED', fault: 'user', triesAgain: false }

  it('is encrypted, with a certificate of the authority that is named', async () => {
    const url = `postgres://postgres@${HOST}:${port}/postgres?sslmode=verify-full&${ca('ca.crt')}`
    expect(await asked(url)).toEqual([{ ssl: true }])
  })

  it.each(['verify-full', 'verify-ca', 'require'])(
    'is refused with another authority’s certificate, whatever is asked: %s',
    async (mode) => {
      const url = `postgres://postgres:hunter2@${HOST}:${port}/postgres?sslmode=${mode}`
      expect(await asked(`${url}&${ca('other-ca.crt')}`)).toMatchObject(untrusted)
      const said = await asked(url)
      expect(said).toMatchObject(untrusted)
      expect(JSON.stringify(said)).not.toContain('hunter2')
    },
  )

  it('is refused with the certificate of another host', async () => {
    const url = `postgres://postgres@127.0.0.3:${port}/postgres?sslmode=verify-full&${ca('ca.crt')}`
    expect(await asked(url)).toMatchObject(untrusted)
    const weaker = url.replace('verify-full', 'verify-ca')
    expect(await asked(weaker)).toMatchObject(untrusted)
  })

  it('is refused where the server takes it in clear', async () => {
    const url = `postgres://postgres@${HOST}:${plainPort}/postgres?sslmode=verify-full&${ca('ca.crt')}`
    expect(await asked(url)).toMatchObject(untrusted)
  })
})
