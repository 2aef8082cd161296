/** A connection to the container engine, by whatever way it is reached. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Dockerode from 'dockerode'
import { systemClock } from '../../../kit/clock.ts'
import { startProgram, type Running } from '../../../kit/process.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import { connectSocket } from '../../channels/guest-agent/connect-socket.ts'
import type { EngineAddress } from './engine-address.ts'

const FORWARD_MS = 20_000
const REMOTE_SOCKET = '/var/run/docker.sock'

/** @throws AppError HOST_ENGINE (host) when certificates cannot be read or ssh does not connect */
export async function connectEngine(address: EngineAddress): Promise<Dockerode> {
  const { url } = address
  if (url.protocol === 'unix:') return new Dockerode({ socketPath: decodeURIComponent(url.pathname) })
  if (url.protocol === 'npipe:') return new Dockerode({ socketPath: url.pathname.replaceAll('/', '\\') })
  if (url.protocol === 'ssh:')
    return new Dockerode({ socketPath: await forwardSocket(url, address.sshConfig) })
  const certificates = await readCertificates(address)
  return new Dockerode({
    host: url.hostname,
    port: url.port === '' ? (certificates === undefined ? 2375 : 2376) : Number(url.port),
    protocol: certificates === undefined && url.protocol !== 'https:' ? 'http' : 'https',
    ...certificates,
  })
}

async function readCertificates({
  certificates,
}: EngineAddress): Promise<{ ca: string; cert: string; key: string } | undefined> {
  if (certificates === undefined) return undefined
  const read = async (name: string): Promise<string> => await readFile(join(certificates, name), 'utf8')
  try {
    const [ca, cert, key] = await Promise.all([read('ca.pem'), read('cert.pem'), read('key.pem')])
    return { ca, cert, key }
  } catch (error) {
    throw new AppError('HOST_ENGINE', 'host', `the engine's certificates in ${certificates} cannot be read`, {
      cause: error,
      hint: 'the folder needs ca.pem, cert.pem and key.pem',
    })
  }
}

/** Forwards end with this process. */
const forwards = new Map<string, Promise<string>>()

/**
 * The engine's socket on another computer as a socket of this one. By OpenSSH, not by dockerode's own ssh: that opens a
 * connection for each request and checks no host key unless asked (dockerode #806).
 */
async function forwardSocket(url: URL, sshConfig: string | undefined): Promise<string> {
  const known = forwards.get(url.href)
  if (known !== undefined) return await known
  const made = startForward(url, sshConfig)
  forwards.set(url.href, made)
  made.catch(() => forwards.delete(url.href))
  return await made
}

async function startForward(url: URL, sshConfig: string | undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ringzero-ssh-'))
  const socket = join(folder, 'engine.sock')
  const remote =
    url.pathname === '' || url.pathname === '/' ? REMOTE_SOCKET : decodeURIComponent(url.pathname)
  const destination =
    url.username === '' ? url.hostname : `${decodeURIComponent(url.username)}@${url.hostname}`
  let ssh: Running
  try {
    ssh = await startProgram('ssh', [
      ...(sshConfig === undefined ? [] : ['-F', sshConfig]),
      '-N',
      '-T',
      '-o',
      'BatchMode=yes',
      '-o',
      'ExitOnForwardFailure=yes',
      '-o',
      'StrictHostKeyChecking=yes',
      '-o',
      'ServerAliveInterval=15',
      '-o',
      'StreamLocalBindMask=0177',
      ...(url.port === '' ? [] : ['-p', url.port]),
      '-L',
      `${socket}:${remote}`,
      '--',
      destination,
    ])
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw new AppError('HOST_ENGINE', 'host', 'ssh could not be started', {
      cause: error,
      hint: 'install OpenSSH’s client (Debian package openssh-client)',
    })
  }
  let end: string | undefined
  const clean = (async () => {
    const { stderr } = await ssh.exited
    end = oneLine(stderr, 500)
    forwards.delete(url.href)
    await rm(folder, { recursive: true, force: true })
  })()
  const deadline = systemClock.now() + FORWARD_MS
  for (;;) {
    const connected = await connectSocket(socket).then(
      (link) => {
        link.destroy()
        return true
      },
      () => false,
    )
    if (connected) return socket
    if (end === undefined && systemClock.now() < deadline) await systemClock.sleep(50)
    else {
      ssh.kill('SIGKILL')
      await clean
      throw new AppError('HOST_ENGINE', 'host', `ssh did not reach ${destination}: ${end ?? 'no answer'}`, {
        hint: `try "ssh ${destination} true": it must work without a question, with a known host key`,
      })
    }
  }
}
