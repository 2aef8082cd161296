/** Reads numbers and text out of untrusted bytes: what lies outside is `undefined`, never an exception. */

export interface ByteView {
  readonly length: number
  u8(offset: number): number | undefined
  u16(offset: number): number | undefined
  u32(offset: number): number | undefined
  u64(offset: number): bigint | undefined
  bytes(offset: number, length: number): Buffer | undefined
  /** UTF-16LE of `characters` code units. */
  utf16(offset: number, characters: number): string | undefined
}

/** A view that checks every offset; offsets that are not safe integers are outside. */
export function viewBytes(data: Buffer): ByteView {
  const inside = (offset: number, size: number): boolean =>
    Number.isSafeInteger(offset) && size >= 0 && offset >= 0 && offset + size <= data.length
  return {
    length: data.length,
    u8: (offset) => (inside(offset, 1) ? data.readUInt8(offset) : undefined),
    u16: (offset) => (inside(offset, 2) ? data.readUInt16LE(offset) : undefined),
    u32: (offset) => (inside(offset, 4) ? data.readUInt32LE(offset) : undefined),
    u64: (offset) => (inside(offset, 8) ? data.readBigUInt64LE(offset) : undefined),
    bytes: (offset, length) => (inside(offset, length) ? data.subarray(offset, offset + length) : undefined),
    utf16: (offset, characters) =>
      inside(offset, characters * 2)
        ? data.subarray(offset, offset + characters * 2).toString('utf16le')
        : undefined,
  }
}

/** Milliseconds since 1970 of a FILETIME (100 ns since 1601, UTC); undefined past the year 9999. */
export function filetimeToInstant(filetime: bigint): number | undefined {
  const milliseconds = Number(filetime / 10_000n) - 11_644_473_600_000
  return milliseconds < 253_402_300_800_000 ? milliseconds : undefined
}
