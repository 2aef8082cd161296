import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { diskChain } from '../../../../src/plugins/providers/docker/disk-chain.ts'
import { needsSymbolicLinks } from '../../../windows-host/not-on-windows.ts'

let folder: string
beforeAll(async () => (folder = await realpath(await mkdtemp(join(tmpdir(), 'rz-chain-')))))
afterAll(async () => await rm(folder, { recursive: true, force: true }))

/** The beginning of a qcow2 file that names its parent (QEMU, docs/interop/qcow2.txt). */
function overlayOn(parent: string): Buffer {
  const header = Buffer.alloc(512)
  header.writeUInt32BE(0x514649fb, 0)
  header.writeUInt32BE(3, 4)
  header.writeBigUInt64BE(104n, 8)
  header.writeUInt32BE(Buffer.byteLength(parent), 16)
  header.write(parent, 104)
  return header
}

it('follows absolute and relative names down to the first parent', async () => {
  await writeFile(join(folder, 'image.raw'), Buffer.alloc(1024))
  await writeFile(join(folder, 'layer.qcow2'), overlayOn('image.raw'))
  await writeFile(join(folder, 'top.qcow2'), overlayOn(join(folder, 'layer.qcow2')))
  const chain = await diskChain(join(folder, 'top.qcow2'))
  expect(chain.map((path) => path.slice(folder.length + 1))).toEqual([
    'top.qcow2',
    'layer.qcow2',
    'image.raw',
  ])
})

it('shows both ends of a link', needsSymbolicLinks(), async () => {
  await writeFile(join(folder, 'end.raw'), Buffer.alloc(1024))
  await symlink('end.raw', join(folder, 'link.raw'))
  await writeFile(join(folder, 'over.qcow2'), overlayOn('link.raw'))
  const chain = await diskChain(join(folder, 'over.qcow2'))
  expect(chain.map((path) => path.slice(folder.length + 1))).toEqual(['over.qcow2', 'link.raw', 'end.raw'])
})

it('ends at a file that is gone, at one that leads to itself, and at a name that is too long to be one', async () => {
  await writeFile(join(folder, 'lost.qcow2'), overlayOn('/nowhere/base.qcow2'))
  expect(await diskChain(join(folder, 'lost.qcow2'))).toHaveLength(1)
  await writeFile(join(folder, 'self.qcow2'), overlayOn('self.qcow2'))
  expect(await diskChain(join(folder, 'self.qcow2'))).toHaveLength(1)
  const long = overlayOn('x')
  long.writeUInt32BE(0xffffffff, 16)
  await writeFile(join(folder, 'long.qcow2'), long)
  expect(await diskChain(join(folder, 'long.qcow2'))).toHaveLength(1)
  expect(await diskChain(join(folder, 'never.qcow2'))).toEqual([])
})
