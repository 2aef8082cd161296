/**
 * A bzImage whose kernel is not compressed: the firmware loads it in one copy and no time goes into unpacking.
 *
 * The file keeps the distribution's real-mode part (Linux' Documentation/arch/x86/boot.rst), so that BIOS calls, memory map
 * and the VGA text screen are as always. The protected-mode part is replaced by a page table, 60 bytes of code that switch
 * to 64 bits (`fast-kernel.S`), and the kernel's own segments at their final addresses. Without the distribution's
 * decompressor the kernel is not moved (no KASLR) and cannot be started by UEFI.
 */
import { AppError } from '../../model/errors.ts'

/** Where a bzImage's protected-mode part is loaded, and where the code of `fast-kernel.S` expects its tables. */
const LOAD_ADDRESS = 0x10_0000
const TABLES_OFFSET = 0x1000
const ENTRY_OFFSET = 0x40
const PAGE = 4096

/** Machine code of `fast-kernel.S`, assembled; a test holds it against the source. */
export const TRAMPOLINE = Buffer.from(
  'fafc0f20e083c8200f22e0b8001010000f22d8b9800000c00f320fbae8080f300f0115500010000f20c00d010000800f22c0ea80001000100000000000000000000000000000000000000000000000001f00600010000000000000000000000000000000000000000000000000000000ffff0000009aaf00ffff00000092cf00b8180000008ed88ec08ed031c08ee08ee889f68b042540001000ffe0',
  'hex',
)

interface Segment {
  readonly address: number
  readonly data: Buffer
}

/** The compressed ELF kernel inside a bzImage, still compressed. @throws AppError HOST_KERNEL */
export function compressedPayload(image: Buffer): Buffer {
  if (image.length < 0x260 || image.toString('latin1', 0x202, 0x206) !== 'HdrS')
    throw kernelError('it has no Linux boot header')
  const protectedMode = setupBytes(image)
  const offset = protectedMode + image.readUInt32LE(0x248)
  const length = image.readUInt32LE(0x24c)
  if (length === 0 || offset + length > image.length) throw kernelError('its payload lies outside the file')
  return image.subarray(offset, offset + length)
}

/**
 * Builds the image from the distribution's bzImage and the unpacked ELF kernel.
 * @throws AppError HOST_KERNEL when the kernel is not a 64-bit x86 ELF that starts above 16 MiB
 */
export function fastKernel(image: Buffer, elf: Buffer): Buffer {
  const { entry, segments } = readElf(elf)
  const end = Math.max(...segments.map((segment) => segment.address + segment.data.length))
  const length = Math.ceil((end - LOAD_ADDRESS) / 16) * 16
  const flat = Buffer.alloc(length)
  writeTables(flat)
  TRAMPOLINE.copy(flat, 0)
  flat.writeUInt32LE(entry, ENTRY_OFFSET)
  for (const segment of segments) segment.data.copy(flat, segment.address - LOAD_ADDRESS)
  const setup = Buffer.from(image.subarray(0, setupBytes(image)))
  setup.writeUInt32LE(length / 16, 0x1f4)
  return Buffer.concat([setup, flat])
}

function setupBytes(image: Buffer): number {
  const sectors = image.readUInt8(0x1f1)
  return ((sectors === 0 ? 4 : sectors) + 1) * 512
}

/** Identity map of the first 4 GiB in 2 MiB pages: one root, one directory of directories, four directories. */
function writeTables(flat: Buffer): void {
  const table = (index: number): number => TABLES_OFFSET + index * PAGE
  const entry = (at: number, value: number): void => {
    flat.writeBigUInt64LE(BigInt(value), at)
  }
  entry(table(0), LOAD_ADDRESS + table(1) + 3)
  for (let gigabyte = 0; gigabyte < 4; gigabyte += 1) {
    entry(table(1) + gigabyte * 8, LOAD_ADDRESS + table(2 + gigabyte) + 3)
    for (let page = 0; page < 512; page += 1)
      entry(table(2 + gigabyte) + page * 8, gigabyte * 2 ** 30 + page * 2 ** 21 + 0x83)
  }
}

function readElf(elf: Buffer): { readonly entry: number; readonly segments: readonly Segment[] } {
  if (
    elf.length < 64 ||
    elf.readUInt32BE(0) !== 0x7f454c46 ||
    elf.readUInt8(4) !== 2 ||
    elf.readUInt16LE(18) !== 62
  )
    throw kernelError('its payload is not a 64-bit x86 ELF file')
  const entry = Number(elf.readBigUInt64LE(24))
  const headers = Number(elf.readBigUInt64LE(32))
  const size = elf.readUInt16LE(54)
  const segments: Segment[] = []
  for (let index = 0; index < elf.readUInt16LE(56); index += 1) {
    const at = headers + index * size
    if (elf.readUInt32LE(at) !== 1) continue
    const offset = Number(elf.readBigUInt64LE(at + 8))
    const address = Number(elf.readBigUInt64LE(at + 24))
    const bytes = Number(elf.readBigUInt64LE(at + 32))
    segments.push({ address, data: elf.subarray(offset, offset + bytes) })
  }
  const lowest = Math.min(...segments.map((segment) => segment.address))
  if (segments.length === 0 || lowest < LOAD_ADDRESS + 16 * PAGE || entry > 0xffff_ffff)
    throw kernelError('its segments are not where a kernel without relocation starts')
  return { entry, segments }
}

function kernelError(reason: string): AppError {
  return new AppError('HOST_KERNEL', 'host', `the distribution's kernel cannot be repacked: ${reason}`)
}
