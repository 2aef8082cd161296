/** A PostgreSQL server of Debian's packages, on a socket in a folder of its own. */
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'

export interface PostgresServer {
  readonly url: string
  /** The same for another account. */
  urlOf(account: string): string
  /** Stops it at once, and starts it again. */
  restart(): void
  stop(): void
}

/** Folder of its programs; undefined: it is not installed. */
export function postgresPrograms(): string | undefined {
  return globSync('/usr/lib/postgresql/*/bin').toSorted().at(-1)
}

/** @throws Error when it does not start */
export function startPostgres(connections: number): PostgresServer {
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
    const command = [join(programs, program), ...given]
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
  const options = `-c listen_addresses= -c unix_socket_directories=${folder} -c max_connections=${connections} -c fsync=off`
  const start = (): void => run('pg_ctl', '-D', data, '-o', options, '-l', join(folder, 'log'), '-w', 'start')
  const stop = (): void => run('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop')
  start()
  const urlOf = (account: string): string =>
    `postgres://${account}@localhost/postgres?host=${encodeURIComponent(folder)}`
  return {
    url: urlOf('postgres'),
    urlOf,
    restart() {
      stop()
      start()
    },
    stop() {
      if (existsSync(join(data, 'postmaster.pid'))) stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
