/** Crash dumps made byte by byte, for shapes of which no recorded file is at hand. */

export interface MadeDump {
  readonly code: number
  readonly parameters: readonly bigint[]
  readonly drivers?: readonly { readonly name: string; readonly base: bigint; readonly size: number }[]
  /** Names of drivers that were unloaded before the crash. */
  readonly unloaded?: readonly string[]
  readonly broken?: string
  readonly stack?: readonly bigint[]
  readonly machine?: 'x64' | 'arm64'
}

const TRIAGE = 0x2000
/** Where each part of a made dump stands in the file. */
const PART = {
  memory: 0x2080,
  unloaded: 0x20d0,
  drivers: 0x3000,
  strings: 0x5000,
  broken: 0x6800,
  stack: 0x7000,
  debugger: 0x8000,
  processor: 0x9000,
  process: 0x14000,
  thread: 0x15000,
  end: 0x16000,
} as const

/**
 * A 64-bit triage dump with a driver list, a stack copy and a blamed driver where given, whole enough that Microsoft's
 * debugger engine opens it (test/debugger-engine).
 */
export function makeDump64(made: MadeDump): Buffer {
  const data = Buffer.alloc(PART.end, 'PAGE')
  const machine = made.machine ?? 'x64'
  data.write('PAGEDU64', 0, 'latin1')
  data.writeUInt32LE(15, 0x08)
  data.writeUInt32LE(26100, 0x0c)
  const kernel = made.drivers?.[0]?.base ?? 0xffff_f800_0000_0000n
  data.writeBigUInt64LE(0x1ad000n, 0x10)
  for (const [index, offset] of [0x18, 0x20, 0x28, 0x80].entries())
    data.writeBigUInt64LE(kernel + BigInt(0x1000 * (index + 1)), offset)
  data.writeUInt32LE(machine === 'x64' ? 0x8664 : 0xaa64, 0x30)
  data.writeUInt32LE(2, 0x34)
  data.writeUInt32LE(made.code, 0x38)
  data.fill(0, 0x40, 0x60)
  made.parameters.forEach((value, index) => data.writeBigUInt64LE(value, 0x40 + index * 8))
  const stack = made.stack ?? []
  const top = 0xffff_8504_2989_0000n
  writeContext(data, machine, top, kernel + 0x1234n)
  data.fill(0, 0xf00, 0xf98)
  data.writeUInt32LE(0x8000_0003, 0xf00)
  data.writeUInt32LE(4, 0xf98)
  data.writeBigUInt64LE(BigInt(PART.end), 0xfa0)
  data.writeBigUInt64LE(133_774_560_000_000_000n, 0xfa8)
  data.writeBigUInt64LE(600_000_000n, 0x1030)
  data.writeUInt32LE(0xcff, 0x1038)
  data.writeUInt32LE(1, 0x1040)
  data.writeUInt32LE(0x110, 0x1044)
  data.writeUInt32LE(0, 0x1048)
  data.fill(0, TRIAGE, PART.drivers)
  data.fill(0, PART.stack, PART.end)
  const drivers = made.drivers ?? []
  const fields: readonly (readonly [offset: number, value: number])[] = [
    [0x04, PART.end],
    [0x08, PART.end - 4],
    [0x0c, 0x348],
    [0x10, 0xf00],
    [0x14, PART.memory],
    [0x18, PART.unloaded],
    [0x1c, PART.processor],
    [0x20, PART.process],
    [0x24, PART.thread],
    [0x28, PART.stack],
    [0x2c, stack.length * 8],
    [0x30, PART.drivers],
    [0x34, drivers.length],
    [0x38, PART.strings],
    [0x3c, PART.stack - PART.strings],
    [0x40, made.broken === undefined ? 0 : writeString(data, PART.broken, made.broken)],
    [0x44, 0xffff_ffff],
    [0x70, PART.debugger],
    [0x74, 0x380],
  ]
  for (const [offset, value] of fields) data.writeUInt32LE(value, TRIAGE + offset)
  data.writeBigUInt64LE(top, TRIAGE + 0x48)
  drivers.forEach((driver, index) => {
    const entry = PART.drivers + index * 0x90
    data.fill(0, entry, entry + 0x90)
    data.writeUInt32LE(writeString(data, PART.strings + index * 0x100, driver.name), entry)
    data.writeBigUInt64LE(driver.base, entry + 0x38)
    data.writeUInt32LE(driver.size, entry + 0x48)
  })
  writeUnloaded(data, made.unloaded ?? [])
  stack.forEach((word, index) => data.writeBigUInt64LE(word, PART.stack + index * 8))
  writeDebuggerData(data, kernel)
  data.write('TRGD', PART.end - 4, 'latin1')
  return data
}

/** Where the processor was: the stack's newest word and an instruction of the kernel. */
function writeContext(data: Buffer, machine: 'x64' | 'arm64', stack: bigint, instruction: bigint): void {
  data.fill(0, 0x348, 0x348 + 3000)
  const [flags, flagsAt, stackAt, instructionAt] =
    machine === 'x64' ? ([0x10_001f, 0x30, 0x98, 0xf8] as const) : ([0x40_001f, 0, 0x100, 0x108] as const)
  data.writeUInt32LE(flags, 0x348 + flagsAt)
  data.writeBigUInt64LE(stack, 0x348 + stackAt)
  data.writeBigUInt64LE(instruction, 0x348 + instructionAt)
}

function writeUnloaded(data: Buffer, names: readonly string[]): void {
  data.writeUInt32LE(names.length, PART.unloaded)
  names.forEach((name, index) => {
    const entry = PART.unloaded + 8 + index * 0x38
    // Windows keeps twelve characters.
    const kept = name.slice(0, 12)
    data.writeUInt16LE(kept.length * 2, entry)
    data.writeUInt16LE(kept.length * 2, entry + 2)
    data.write(kept, entry + 0x10, 'utf16le')
    data.writeBigUInt64LE(0xffff_f804_8700_0000n + BigInt(index * 0x1_0000), entry + 0x28)
    data.writeBigUInt64LE(0xffff_f804_8700_8000n + BigInt(index * 0x1_0000), entry + 0x30)
  })
}

/** KDDEBUGGER_DATA64: what a debugger starts from. */
function writeDebuggerData(data: Buffer, kernel: bigint): void {
  data.writeBigUInt64LE(kernel + 0x5000n, PART.debugger)
  data.writeBigUInt64LE(kernel + 0x5000n, PART.debugger + 8)
  data.write('KDBG', PART.debugger + 0x10, 'latin1')
  data.writeUInt32LE(0x380, PART.debugger + 0x14)
  data.writeBigUInt64LE(kernel, PART.debugger + 0x18)
  data.writeBigUInt64LE(kernel + 0x2000n, PART.debugger + 0x48)
  data.writeBigUInt64LE(kernel + 0x3000n, PART.debugger + 0x50)
}

/** A 32-bit triage dump without drivers. */
export function makeDump32(code: number, parameters: readonly number[]): Buffer {
  const kernel = 0x8200_0000
  const end = 0x8000
  const triage = 0x1000
  const data = Buffer.alloc(end, 'PAGE')
  data.fill(0, triage)
  data.write('PAGEDUMP', 0, 'latin1')
  const words: readonly (readonly [offset: number, value: number])[] = [
    [0x08, 15],
    [0x0c, 19_045],
    [0x10, 0x1a_d000],
    [0x14, kernel + 0x1000],
    [0x18, kernel + 0x2000],
    [0x1c, kernel + 0x3000],
    [0x20, 0x14c],
    [0x24, 1],
    [0x28, code],
    ...parameters.map((value, index) => [0x2c + index * 4, value] as const),
    [0x60, kernel + 0x4000],
    [0xf88, 4],
    [0xf8c, 0xcff],
    [0xf94, 1],
    [0xf98, 0x110],
    [0xf9c, 0],
    [triage + 0x04, end],
    [triage + 0x08, end - 4],
    [triage + 0x0c, 0x320],
    [triage + 0x10, 0x7d0],
    [triage + 0x14, 0x1080],
    [triage + 0x1c, 0x3000],
    [triage + 0x20, 0x5000],
    [triage + 0x24, 0x6000],
    [triage + 0x28, 0x2000],
    [triage + 0x30, 0x2100],
    [triage + 0x38, 0x2200],
    [triage + 0x44, 0xffff_ffff],
    [triage + 0x48, kernel + 0x6000],
    [triage + 0x58, 0x7000],
    [triage + 0x5c, 0x380],
  ]
  for (const [offset, value] of words) data.writeUInt32LE(value, offset)
  data.writeUInt8(1, 0x5c)
  data.fill(0, 0x320, 0x820)
  data.writeUInt32LE(0x1_0007, 0x320)
  data.writeUInt32LE(kernel + 0x1234, 0x320 + 0xb8)
  data.writeUInt32LE(kernel + 0x6000, 0x320 + 0xc4)
  data.writeUInt32LE(0x8000_0003, 0x7d0)
  data.writeBigUInt64LE(BigInt(end), 0xfa0)
  data.writeBigUInt64LE(600_000_000n, 0xfb8)
  data.writeBigUInt64LE(133_774_560_000_000_000n, 0xfc0)
  // Addresses of the kernel are kept with their sign in 64 bits.
  const wide = (offset: number): bigint => BigInt.asUintN(64, BigInt.asIntN(32, BigInt(kernel + offset)))
  data.writeBigUInt64LE(wide(0x5000), 0x7000)
  data.writeBigUInt64LE(wide(0x5000), 0x7008)
  data.write('KDBG', 0x7010, 'latin1')
  data.writeUInt32LE(0x380, 0x7014)
  data.writeBigUInt64LE(wide(0), 0x7018)
  data.writeBigUInt64LE(wide(0x2000), 0x7048)
  data.writeBigUInt64LE(wide(0x3000), 0x7050)
  data.write('TRGD', end - 4, 'latin1')
  return data
}

/** A process dump: an exception in one of its modules. */
export function makeUserDump(code: number, address: bigint): Buffer {
  const data = Buffer.alloc(0x1000)
  data.write('MDMP', 0, 'latin1')
  data.writeUInt32LE(3, 8)
  data.writeUInt32LE(0x40, 12)
  const streams = [
    [4, 0x100],
    [6, 0x400],
    [7, 0x500],
  ] as const
  streams.forEach(([type, offset], index) => {
    data.writeUInt32LE(type, 0x40 + index * 12)
    data.writeUInt32LE(offset, 0x40 + index * 12 + 8)
  })
  data.writeUInt32LE(2, 0x100)
  ;['C:\\Acme\\sensor.exe', 'C:\\Acme\\engine.dll'].forEach((name, index) => {
    const entry = 0x104 + index * 108
    data.writeBigUInt64LE(0x1000_0000n * BigInt(index + 1), entry)
    data.writeUInt32LE(0x10000, entry + 8)
    const at = 0x600 + index * 0x100
    data.writeUInt32LE(at, entry + 20)
    data.writeUInt32LE(name.length * 2, at)
    data.write(name, at + 4, 'utf16le')
  })
  data.writeUInt32LE(code, 0x408)
  data.writeBigUInt64LE(address, 0x418)
  data.writeUInt32LE(26_100, 0x510)
  return data
}

function writeString(data: Buffer, offset: number, text: string): number {
  data.writeUInt32LE(text.length, offset)
  data.write(text, offset + 4, 'utf16le')
  return offset
}
