/** Each format that a distribution packs kernels with, as its own program packs it. */
import { randomBytes } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { runProgram } from '../../../src/kit/process.ts'
import { unpack } from '../../../src/lab/linux-micro/unpack.ts'
import { notOnWindows } from '../../windows-host/not-on-windows.ts'

const kernel = Buffer.concat([Buffer.from('the kernel'), randomBytes(9_000_000), Buffer.alloc(100_000)])
/** What the kernel's build appends to xz and lz4. */
const size = Buffer.alloc(4)
size.writeUInt32LE(kernel.length)

async function packed(program: string, options: readonly string[]): Promise<Buffer> {
  const done = await runProgram(program, options, { input: kernel, maximumBytes: 2 * kernel.length })
  expect(done.exitCode).toBe(0)
  return Buffer.concat([done.stdout, size])
}

describe('unpack', notOnWindows('programs of Linux'), () => {
  it.each([
    ['xz', () => packed('xz', ['-0', '--check=crc32', '-c'])],
    // More than one block of 8 MiB.
    ['lz4', () => packed('lz4', ['-l', '-c'])],
    ['gzip', () => gzipSync(kernel, { level: 1 })],
    ['zstd', () => zstdCompressSync(kernel)],
  ])('%s', async (_, pack) => {
    expect((await unpack(await pack()))?.equals(kernel)).toBe(true)
  })

  it('leaves a format that it does not know', async () => {
    expect(await unpack(Buffer.from('BZh91AY'))).toBeUndefined()
  })

  it.each(['xz', 'lz4'])('says which program found damaged data: %s', async (program) => {
    const whole = await packed(program, program === 'xz' ? ['-0', '-c'] : ['-l', '-c'])
    await expect(unpack(whole.subarray(0, whole.length / 2))).rejects.toMatchObject({
      code: 'HOST_UNPACK',
      message: expect.stringContaining(program),
    })
  })
})
