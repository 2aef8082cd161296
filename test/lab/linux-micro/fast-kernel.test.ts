import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { assetPath } from '../../../src/kit/assets.ts'
import { runProgram } from '../../../src/kit/process.ts'
import { compressedPayload, fastKernel, TRAMPOLINE } from '../../../src/lab/linux-micro/fast-kernel.ts'
import { notOnWindows } from '../../windows-host/not-on-windows.ts'

/** A bzImage with one setup sector more than the boot sector, and a payload behind 16 bytes of protected-mode code. */
function image(payload: Buffer): Buffer {
  const setup = Buffer.alloc(1024)
  setup.writeUInt8(1, 0x1f1)
  setup.write('HdrS', 0x202, 'latin1')
  setup.writeUInt32LE(16, 0x248)
  setup.writeUInt32LE(payload.length, 0x24c)
  return Buffer.concat([setup, Buffer.alloc(16), payload])
}

/** A 64-bit ELF with one loadable segment at 16 MiB. */
function elf(data: Buffer, address = 0x100_0000): Buffer {
  const head = Buffer.alloc(64 + 56)
  head.writeUInt32BE(0x7f454c46, 0)
  head.writeUInt8(2, 4)
  head.writeUInt16LE(62, 18)
  head.writeBigUInt64LE(BigInt(address), 24)
  head.writeBigUInt64LE(64n, 32)
  head.writeUInt16LE(56, 54)
  head.writeUInt16LE(1, 56)
  head.writeUInt32LE(1, 64)
  head.writeBigUInt64LE(120n, 64 + 8)
  head.writeBigUInt64LE(BigInt(address), 64 + 24)
  head.writeBigUInt64LE(BigInt(data.length), 64 + 32)
  return Buffer.concat([head, data])
}

describe('the fast kernel', () => {
  it('starts with exactly the machine code of its source', notOnWindows('programs of Linux'), async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringzero-as-'))
    try {
      const object = join(folder, 'code.o')
      const binary = join(folder, 'code.bin')
      const assembled = await runProgram('as', [
        '--64',
        '-o',
        object,
        assetPath('lab/linux-micro/fast-kernel.S'),
      ])
      expect(assembled.stderr.toString('utf8')).toBe('')
      await runProgram('objcopy', ['-O', 'binary', '-j', '.text', object, binary])
      expect(TRAMPOLINE.toString('hex')).toBe(readFileSync(binary).toString('hex'))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('keeps the setup part and puts the segment where the kernel was linked', () => {
    const code = Buffer.from('the kernel itself!')
    const fast = fastKernel(image(Buffer.from('x')), elf(code))
    expect(fast.toString('latin1', 0x202, 0x206)).toBe('HdrS')
    const segment = 1024 + 0x100_0000 - 0x10_0000
    expect(fast.toString('latin1', segment, segment + code.length)).toBe('the kernel itself!')
    expect(fast.readUInt32LE(1024 + 0x40)).toBe(0x100_0000)
    expect(fast.readUInt32LE(0x1f4) * 16).toBe(fast.length - 1024)
  })

  it('maps every address of the first 4 GiB to itself', () => {
    const fast = fastKernel(image(Buffer.from('x')), elf(Buffer.from('k')))
    for (const address of [0, 0x10_0000, 0x100_0000, 0xffe0_0000]) {
      const tables = 1024 + 0x1000
      const directory =
        Number(fast.readBigUInt64LE(tables + 4096 + Math.floor(address / 2 ** 30) * 8)) & ~0xfff
      const entry = 1024 + (directory - 0x10_0000) + (Math.floor(address / 2 ** 21) % 512) * 8
      expect(Number(fast.readBigUInt64LE(entry)) - 0x83).toBe(Math.floor(address / 2 ** 21) * 2 ** 21)
    }
  })

  it('finds the packed kernel inside the distribution’s file and refuses what is none', () => {
    expect(compressedPayload(image(Buffer.from('packed'))).toString()).toBe('packed')
    expect(() => compressedPayload(Buffer.alloc(2048))).toThrow(/boot header/)
    expect(() => compressedPayload(image(Buffer.from('packed')).subarray(0, 1040))).toThrow(
      /outside the file/,
    )
    expect(() => fastKernel(image(Buffer.from('x')), Buffer.from('not ELF at all'.padEnd(80)))).toThrow(
      /not a 64-bit/,
    )
    expect(() => fastKernel(image(Buffer.from('x')), elf(Buffer.from('k'), 0x1000))).toThrow(/not where/)
  })
})
