/** The way of one worker to the database, which can be cut: what is on its way then comes late, or never. */
import { rmSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'

export interface CutOffProxy {
  /** Nothing comes through in either direction, and nobody is told. */
  cut(): void
  /** What was sent meanwhile comes through now. */
  heal(): void
  close(): Promise<void>
}

/** Stands at one socket's path before another one. */
export async function cutOffProxy(path: string, target: string): Promise<CutOffProxy> {
  const sockets = new Set<Socket>()
  let isCut = false
  const keep = (socket: Socket, other: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => void other.write(bytes))
    socket.on('close', () => {
      sockets.delete(socket)
      other.destroy()
    })
    if (isCut) socket.pause()
  }
  const server = createServer((client) => {
    const upstream = createConnection(target)
    keep(client, upstream)
    keep(upstream, client)
  })
  rmSync(path, { force: true })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    cut() {
      isCut = true
      for (const socket of sockets) socket.pause()
    },
    heal() {
      isCut = false
      for (const socket of sockets) socket.resume()
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
