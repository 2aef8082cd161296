import { lstat, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findLinuxPartition } from '../../../../../src/plugins/providers/shared/qemu/linux-partition.ts'
import {
  localFiles,
  type MachineFiles,
} from '../../../../../src/plugins/providers/shared/qemu/machine-files.ts'
import { needsSymbolicLinks, notOnWindows } from '../../../../windows-host/not-on-windows.ts'

let folder: string
let files: MachineFiles
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rz-files-'))
  files = localFiles(folder)
})
afterEach(async () => await rm(folder, { recursive: true, force: true }))

it('reads, changes and removes files by their names in the folder', async () => {
  await files.write('one', Buffer.from('first'))
  expect((await files.read('one')).toString()).toBe('first')
  expect(await files.readAt('one', 3, 4)).toEqual(Buffer.from('st\0\0'))
  await files.rename('one', 'two')
  expect([await files.has('one'), await files.has('two')]).toEqual([false, true])
  await files.remove(['two', 'never there'])
  await expect(files.read('two')).rejects.toThrow('ENOENT')
  await expect(files.connect('none.sock')).rejects.toThrow(/ENOENT|not be found|no such/i)
})

it(
  'moves a finished file out of the folder, with its mode',
  notOnWindows('permissions of files'),
  async () => {
    await files.write('disk', Buffer.from('sealed'))
    const destination = join(folder, 'elsewhere')
    await files.take('disk', destination, 0o444)
    expect(await readFile(destination, 'utf8')).toBe('sealed')
    expect((await stat(destination)).mode & 0o777).toBe(0o444)
    expect(await files.has('disk')).toBe(false)
  },
)

it('names a sealed file without copying it', needsSymbolicLinks(), async () => {
  const sealed = join(folder, 'sealed')
  await writeFile(sealed, 'memory')
  await files.link(sealed, 'saved-memory')
  expect((await lstat(join(folder, 'saved-memory'))).isSymbolicLink()).toBe(true)
  expect(await readlink(join(folder, 'saved-memory'))).toBe(sealed)
})

it('finds the largest ext partition of an MBR disk, and says when there is none', async () => {
  const disk = Buffer.alloc(4 * 1024 * 1024)
  disk.writeUInt16LE(0xaa55, 510)
  for (const [index, first, count] of [
    [0, 64, 100],
    [1, 2048, 4000],
  ] as const) {
    disk.writeUInt32LE(first, 446 + index * 16 + 8)
    disk.writeUInt32LE(count, 446 + index * 16 + 12)
    disk.writeUInt16LE(0xef53, first * 512 + 1024 + 56)
  }
  await files.write('flat', disk)
  const readAt = async (at: number, length: number): Promise<Buffer> => await files.readAt('flat', at, length)
  expect(await findLinuxPartition(readAt)).toBe(2048 * 512)
  await files.write('flat', Buffer.alloc(4096))
  await expect(findLinuxPartition(readAt)).rejects.toMatchObject({ code: 'OFFLINE_DISK_UNREADABLE' })
})
