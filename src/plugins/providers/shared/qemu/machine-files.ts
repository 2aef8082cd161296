/** The files and sockets of a machine's folder, reached from this computer wherever that folder is. */
import { access, chmod, copyFile, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { connectSocket } from '../../../channels/guest-agent/connect-socket.ts'

/** Names are relative to the machine's folder, which is the working directory of QEMU and of its tools. */
export interface MachineFiles {
  /** A stream to a unix socket. @throws Error while nobody listens there */
  connect(name: string): Promise<Duplex>
  has(name: string): Promise<boolean>
  /** A whole file of a few MiB. @throws Error when it is not there */
  read(name: string): Promise<Buffer>
  /** Zeros where the file ends before. */
  readAt(name: string, position: number, length: number): Promise<Buffer>
  write(name: string, content: Buffer): Promise<void>
  /** What is not there is no error. */
  remove(names: readonly string[]): Promise<void>
  /** Replaces what is there. */
  rename(from: string, to: string): Promise<void>
  /** Gives a sealed file, which the machine was made with, a name in the folder. */
  link(sealed: string, name: string): Promise<void>
  /** Moves a finished file to a place on this computer, with this mode, on the disk before it gets its name there. */
  take(name: string, destination: string, mode: number): Promise<void>
}

/** Of a folder of this computer. */
export function localFiles(folder: string): MachineFiles {
  const at = (name: string): string => join(folder, name)
  return {
    connect: async (name) => await connectSocket(at(name)),
    has: async (name) =>
      await access(at(name)).then(
        () => true,
        () => false,
      ),
    read: async (name) => await readFile(at(name)),
    async readAt(name, position, length) {
      const handle = await open(at(name), 'r')
      try {
        const buffer = Buffer.alloc(length)
        await handle.read(buffer, 0, length, position)
        return buffer
      } finally {
        await handle.close()
      }
    },
    write: async (name, content) => await writeFile(at(name), content, { mode: 0o600 }),
    async remove(names) {
      for (const name of names) await rm(at(name), { force: true })
    },
    rename: async (from, to) => await rename(at(from), at(to)),
    link: async (sealed, name) => await symlink(sealed, at(name)),
    take: async (name, destination, mode) => await sealFile(at(name), destination, mode),
  }
}

/** Moves a finished file to its place, read-only, and on the disk before it gets its name. */
export async function sealFile(path: string, destination: string, mode: number): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
  await chmod(path, mode)
  try {
    await rename(path, destination)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    const nearby = `${destination}.part`
    await copyFile(path, nearby)
    await chmod(nearby, mode)
    await rename(nearby, destination)
    await rm(path, { force: true })
  }
}
