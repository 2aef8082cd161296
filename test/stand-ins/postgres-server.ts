/** A PostgreSQL server of Debian's packages, on a socket in a folder of its own. */
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { userInfo } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { TestOptions } from 'vitest'
import { saySkipped } from '../support/skipped-tests.ts'
import { needs } from '../windows-host/not-on-windows.ts'

export interface PostgresServer {
  readonly url: string
  /** The same for another account. */
  urlOf(account: string): string
  /** With `ca.crt`, whose server certificate it has, and `other-ca.crt`, where it takes TLS connections. */
  readonly folder: string
  /** Its socket. */
  readonly socket: string
  /** Stops it at once, as a power failure does. */
  halt(): void
  start(): void
  /** Ends it and removes its files. */
  stop(): void
}

/** Folder of its programs; undefined: it is not installed. */
export function postgresPrograms(): string | undefined {
  return globSync('/usr/lib/postgresql/*/bin').toSorted().at(-1)
}

/** Options for tests of it, given after their name; says aloud where it is not installed. */
export function needsPostgres(): TestOptions {
  const there = postgresPrograms() !== undefined
  if (!there) saySkipped('install postgresql to see workers on a database server')
  return needs(there, 'PostgreSQL')
}

/** Where it takes TLS connections, and files of certificates. */
export interface PostgresTls {
  /** An address of this computer that is not taken for it: its certificate is made out to the first. */
  readonly host: string
  readonly port: number
  /** It takes connections in clear, and no others. */
  readonly isPlain?: boolean
}

/** @throws Error when it does not start */
export function startPostgres(connections: number, tls?: PostgresTls): PostgresServer {
  const programs = postgresPrograms()
  if (programs === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql')
  const folder = mkdtempSync('/tmp/rz-pg-')
  // Its programs refuse to run as root.
  const isRoot = userInfo().uid === 0
  if (isRoot) {
    const id = (flag: string): number =>
      Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
    chownSync(folder, id('-u'), id('-g'))
  }
  const run = (program: string, ...given: readonly string[]): void => {
    const command = [isAbsolute(program) ? program : join(programs, program), ...given]
    const [first = '', ...rest] = isRoot
      ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...command]
      : command
    const done = spawnSync(first, rest, {
      encoding: 'utf8',
      cwd: folder,
      stdio: 'ignore',
    })
    if (done.status !== 0) throw new Error(`${program} ended with ${done.status}; see ${folder}/log`)
  }
  const data = join(folder, 'data')
  run('initdb', '-D', data, '-A', 'trust', '-U', 'postgres')
  if (tls !== undefined && tls.isPlain !== true) {
    const certify = (given: string): void => run('/usr/bin/openssl', ...given.split(' '))
    const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650'
    for (const authority of ['ca', 'other-ca'])
      certify(`req -x509 ${key} -keyout ${authority}.key -out ${authority}.crt -subj /CN=${authority}`)
    certify(
      `req -x509 -CA ca.crt -CAkey ca.key ${key} -keyout ${data}/server.key -out ${data}/server.crt -subj /CN=server -addext subjectAltName=IP:${tls.host}`,
    )
  }
  const network =
    tls === undefined
      ? '-c listen_addresses='
      : `-c listen_addresses=0.0.0.0 -c port=${tls.port} -c ssl=${tls.isPlain === true ? 'off' : 'on'}`
  const options = `${network} -c unix_socket_directories=${folder} -c max_connections=${connections} -c fsync=off`
  const start = (): void => run('pg_ctl', '-D', data, '-o', options, '-l', join(folder, 'log'), '-w', 'start')
  const stop = (): void => run('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop')
  start()
  const urlOf = (account: string): string =>
    `postgres://${account}@localhost/postgres?host=${encodeURIComponent(folder)}${tls === undefined ? '' : `&port=${tls.port}`}`
  return {
    url: urlOf('postgres'),
    urlOf,
    folder,
    socket: join(folder, `.s.PGSQL.${tls?.port ?? 5432}`),
    halt: stop,
    start,
    stop() {
      if (existsSync(join(data, 'postmaster.pid'))) stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
