/**
 * The way on which requests and secrets reach the bridge: a named pipe on Windows, a unix socket elsewhere. Standard input
 * carries the commands, and Windows PowerShell reads ahead there.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Bytes of a path of a unix socket that every system takes (sun_path of macOS has 104 with its end). */
const SOCKET_PATH_BYTES = 103

export interface BridgePipe {
  /** What `NamedPipeClientStream` connects to: a bare name on Windows, an absolute path elsewhere. */
  readonly name: string
  /** What the bridge must say first, and what it must hear before it believes anything: both travel in its command alone. */
  readonly proof: string
  readonly answer: string
  /** Settles when the bridge has proven itself; no other process can connect from then on. */
  readonly connected: Promise<void>
  /** Sends lines of ASCII. Only after `connected`. */
  send(lines: readonly string[]): void
  /** Closes both ends; the bridge ends with it. */
  close(): void
}

/**
 * Opens a pipe for one bridge. The name is random, but pipes can be listed, and Windows lets every user read from a pipe that
 * Node makes (the default access list of named pipes): so nothing is sent before the proof came.
 * @throws Error when the system gives no pipe
 */
export async function openBridgePipe(platform: NodeJS.Platform = process.platform): Promise<BridgePipe> {
  const [proof, answer] = [word(), word()]
  const place = platform === 'win32' ? windowsPlace() : await socketPlace()
  const admitted = Promise.withResolvers<void>()
  admitted.promise.catch(() => undefined)
  const sockets = new Set<Socket>()
  let bridge: Socket | undefined
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    admit(socket, proof, () => {
      bridge = socket
      server.close()
      for (const other of sockets) if (other !== socket) other.destroy()
      socket.write(`${answer}\n`)
      place.remove()
      admitted.resolve()
    })
  })
  await listen(server, place.path)
  // A server that breaks later shows in the bridge, which then cannot connect.
  server.on('error', () => undefined)
  return {
    name: place.name,
    proof,
    answer,
    connected: admitted.promise,
    send: (lines) => void bridge?.write(lines.map((line) => `${line}\n`).join('')),
    close() {
      admitted.reject(new Error('the pipe was closed'))
      server.close()
      for (const socket of sockets) socket.destroy()
      place.remove()
    },
  }
}

interface Place {
  readonly name: string
  readonly path: string
  remove(): void
}

function windowsPlace(): Place {
  const name = `ringzero-${word()}`
  return { name, path: `\\\\.\\pipe\\${name}`, remove: () => undefined }
}

/** A socket in a folder that only its owner may enter. */
async function socketPlace(): Promise<Place> {
  // 'rz-pipe-', six letters of mkdtemp and '/s' follow.
  const base = Buffer.byteLength(tmpdir()) + 17 > SOCKET_PATH_BYTES ? '/tmp' : tmpdir()
  const folder = await mkdtemp(join(base, 'rz-pipe-'))
  const path = join(folder, 's')
  return {
    name: path,
    path,
    remove: () => void rm(folder, { recursive: true, force: true }).catch(() => undefined),
  }
}

/** Calls `accept` once the peer's first line is the proof; any other peer is cut off without a word. */
function admit(socket: Socket, proof: string, accept: () => void): void {
  const expected = Buffer.from(`${proof}\n`)
  let said = Buffer.alloc(0)
  // A broken pipe shows in the end of the process; without a listener it would end ours.
  socket.on('error', () => undefined)
  const read = (chunk: Buffer): void => {
    said = Buffer.concat([said, chunk])
    if (said.length < expected.length) return
    socket.off('data', read)
    if (said.length !== expected.length || !timingSafeEqual(said, expected)) {
      socket.destroy()
      return
    }
    socket.resume()
    accept()
  }
  socket.on('data', read)
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function word(): string {
  return randomBytes(32).toString('hex')
}
