/** Ways to an engine that is not a socket of this computer: TCP with certificates on both sides, OpenSSH, an engine's policy. */
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { runProgram, startProgram, type Running } from '../../../../src/kit/process.ts'
import { startEngine, type ContainerEngine } from './container-engine.ts'

/** dockerd that also listens on TCP, with certificates made in this folder. `more`: further arguments. */
export async function startTlsEngine(
  certificates: string,
  more: readonly string[] = [],
): Promise<{ readonly engine: ContainerEngine; readonly certificates: string; readonly port: number }> {
  await makeCertificates(certificates)
  const port = await freePort()
  const file = (name: string): string => join(certificates, name)
  const engine = await startEngine('dockerd', [
    '-H',
    `tcp://127.0.0.1:${port}`,
    '--tlsverify',
    '--tlscacert',
    file('ca.pem'),
    '--tlscert',
    file('server.pem'),
    '--tlskey',
    file('server-key.pem'),
    ...more,
  ])
  return { engine, certificates, port }
}

export interface EnginePolicy {
  /** Arguments for dockerd. */
  readonly listen: readonly string[]
  /** What it refused so far. */
  readonly refused: string[]
  close(): Promise<void>
}

/**
 * An authorization plugin of dockerd that refuses every container with a file of the engine's computer in it, as the
 * administrator of a shared host does (Docker, "Access authorization plugin").
 */
export async function forbidBindMounts(): Promise<EnginePolicy> {
  const name = `ringzero-test-${process.pid}`
  const socket = `/run/docker/plugins/${name}.sock`
  const refused: string[] = []
  await mkdir('/run/docker/plugins', { recursive: true })
  await rm(socket, { force: true })
  const server = createHttpServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const answer =
        request.url === '/Plugin.Activate'
          ? { Implements: ['authz'] }
          : judge(request.url ?? '', Buffer.concat(pieces).toString('utf8'), refused)
      response.setHeader('content-type', 'application/vnd.docker.plugins.v1+json')
      response.end(JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return {
    listen: ['--authorization-plugin', name],
    refused,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(socket, { force: true })
    },
  }
}

function judge(url: string, text: string, refused: string[]): { Allow: boolean; Msg?: string } {
  if (url !== '/AuthZPlugin.AuthZReq') return { Allow: true }
  const asked = JSON.parse(text) as { RequestUri?: string; RequestBody?: string }
  if (!/\/containers\/create/.test(asked.RequestUri ?? '')) return { Allow: true }
  const body = JSON.parse(Buffer.from(asked.RequestBody ?? '', 'base64').toString('utf8')) as {
    HostConfig?: { Binds?: string[]; Mounts?: { Type: string; Source: string }[] }
  }
  const bound = [
    ...(body.HostConfig?.Binds ?? []),
    ...(body.HostConfig?.Mounts ?? [])
      .filter(({ Type: type }) => type === 'bind')
      .map(({ Source: source }) => source),
  ]
  if (bound.length === 0) return { Allow: true }
  refused.push(...bound)
  return { Allow: false, Msg: 'a bind mount of a file of this host is forbidden' }
}

/** A TCP port of this computer that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A certificate authority, a server's and a client's certificate, as Docker's page "Protect the Docker daemon socket" makes them. */
async function makeCertificates(into: string): Promise<void> {
  await mkdir(into)
  const openssl = async (...words: string[]): Promise<void> => {
    const { exitCode, stderr } = await runProgram('openssl', words, { cwd: into, timeoutMs: 60_000 })
    if (exitCode !== 0) throw new Error(`openssl: ${stderr.toString('utf8')}`)
  }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca-key.pem',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=test ca',
  )
  for (const [name, extension] of [
    ['server', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth'],
    ['client', 'extendedKeyUsage=clientAuth'],
  ] as const) {
    await writeFile(join(into, `${name}.cnf`), extension)
    await openssl('req', ...key, '-keyout', `${name}-key.pem`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    await openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca-key.pem',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      `${name}.cnf`,
      '-out',
      `${name}.pem`,
    )
  }
  await copyFile(join(into, 'client.pem'), join(into, 'cert.pem'))
  await copyFile(join(into, 'client-key.pem'), join(into, 'key.pem'))
}

/** A server that was just started takes a moment. @throws Error when nothing listens after ten seconds */
async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answers = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      void socket.once('connect', () => socket.destroy())
    })
    if (answers) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`nothing listens on port ${port}`)
}

export interface Sshd {
  readonly running: Running
  readonly port: number
  readonly config: string
  readonly knownHosts: string
}

/** An OpenSSH server for this user alone, with keys made for it. */
export async function startSshd(into: string): Promise<Sshd | undefined> {
  const home = await mkdtemp(join(into, 'ssh-'))
  const port = await freePort()
  for (const name of ['host', 'user'])
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home, name)], {
      timeoutMs: 20_000,
    })
  const userKey = await readFile(join(home, 'user.pub'), 'utf8').catch(() => undefined)
  if (userKey === undefined) return undefined
  const [host, knownHosts, config] = [
    await readFile(join(home, 'host.pub'), 'utf8'),
    join(home, 'known'),
    join(home, 'config'),
  ]
  await writeFile(join(home, 'authorized'), userKey, { mode: 0o600 })
  await writeFile(knownHosts, `[127.0.0.1]:${port} ${host}`)
  await writeFile(
    config,
    `Host *\n  IdentityFile ${join(home, 'user')}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${knownHosts}\n  GlobalKnownHostsFile /dev/null\n`,
  )
  await writeFile(
    join(home, 'sshd'),
    `Port ${port}\nListenAddress 127.0.0.1\nHostKey ${join(home, 'host')}\nAuthorizedKeysFile ${join(home, 'authorized')}\nPidFile none\nStrictModes no\nPermitRootLogin prohibit-password\nUsePAM no\n`,
  )
  await mkdir('/run/sshd', { recursive: true })
  await chmod(home, 0o755)
  try {
    const running = await startProgram('/usr/sbin/sshd', ['-D', '-e', '-f', join(home, 'sshd')])
    await listening(port)
    return { running, port, config, knownHosts }
  } catch {
    return undefined
  }
}
