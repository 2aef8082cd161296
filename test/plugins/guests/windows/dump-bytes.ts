/** Crash dumps made byte by byte, for shapes of which no recorded file is at hand. */

export interface MadeDump {
  readonly code: number
  readonly parameters: readonly bigint[]
  readonly drivers?: readonly { readonly name: string; readonly base: bigint; readonly size: number }[]
  readonly broken?: string
  readonly stack?: readonly bigint[]
}

/** A 64-bit triage dump with a driver list, a stack copy and a blamed driver where given. */
export function makeDump64(made: MadeDump): Buffer {
  const data = Buffer.alloc(0x8000, 'PAGE')
  data.write('PAGEDU64', 0, 'latin1')
  data.writeUInt32LE(26100, 0x0c)
  data.writeUInt32LE(0x8664, 0x30)
  data.writeUInt32LE(2, 0x34)
  data.writeUInt32LE(made.code, 0x38)
  made.parameters.forEach((value, index) => data.writeBigUInt64LE(value, 0x40 + index * 8))
  data.writeUInt32LE(4, 0xf98)
  data.writeBigUInt64LE(133_774_560_000_000_000n, 0xfa8)
  data.writeBigUInt64LE(600_000_000n, 0x1030)
  const triage = 0x2000
  data.fill(0, triage, triage + 0x80)
  const drivers = made.drivers ?? []
  data.writeUInt32LE(0x3000, triage + 0x30)
  data.writeUInt32LE(drivers.length, triage + 0x34)
  drivers.forEach((driver, index) => {
    const entry = 0x3000 + index * 0x90
    data.writeUInt32LE(writeString(data, 0x5000 + index * 0x100, driver.name), entry)
    data.writeBigUInt64LE(driver.base, entry + 0x38)
    data.writeUInt32LE(driver.size, entry + 0x48)
  })
  const stack = made.stack ?? []
  data.writeUInt32LE(0x7000, triage + 0x28)
  data.writeUInt32LE(stack.length * 8, triage + 0x2c)
  stack.forEach((word, index) => data.writeBigUInt64LE(word, 0x7000 + index * 8))
  data.writeUInt32LE(made.broken === undefined ? 0 : writeString(data, 0x6800, made.broken), triage + 0x40)
  return data
}

/** A 32-bit dump header. */
export function makeDump32(code: number, parameters: readonly number[]): Buffer {
  const data = Buffer.alloc(0x1000, 'PAGE')
  data.write('PAGEDUMP', 0, 'latin1')
  data.writeUInt32LE(19_045, 0x0c)
  data.writeUInt32LE(0x14c, 0x20)
  data.writeUInt32LE(1, 0x24)
  data.writeUInt32LE(code, 0x28)
  parameters.forEach((value, index) => data.writeUInt32LE(value, 0x2c + index * 4))
  data.writeUInt32LE(4, 0xf88)
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
