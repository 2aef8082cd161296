/** Connects to unix sockets at paths of any length, and to named pipes on Windows. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { basename, dirname } from 'node:path'

/**
 * A connected stream socket. Linux takes at most 108 bytes of path (unix(7)); going through the folder's descriptor in
 * /proc keeps it short and, with O_NOFOLLOW, proves that the folder itself is no symlink.
 * @throws the system's error: ENOENT while the socket is not there yet, ECONNREFUSED when no process listens any more
 */
export async function connectSocket(path: string): Promise<Socket> {
  if (process.platform === 'win32') return await connected(path)
  const folder = await open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    return await connected(`/proc/self/fd/${folder.fd}/${basename(path)}`)
  } finally {
    await folder.close()
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
    socket.once('error', reject)
  })
}
