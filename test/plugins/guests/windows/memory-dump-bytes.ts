/** Dumps of memory made page by page: a kernel of one processor and one driver behind real page tables, so that a debugger can walk it. */

/**
 * DumpType of the header. What Windows' settings call an automatic dump is a kernel dump with a bitmap in the file, and an
 * active one a full dump with a bitmap; a header with the settings' own number for automatic, 7, is refused by the engine.
 */
export const MEMORY_DUMPS = {
  full: 1,
  kernel: 2,
  'active (full, with a bitmap)': 5,
  'automatic (kernel, with a bitmap)': 6,
} as const
export type MemoryDumpSort = keyof typeof MEMORY_DUMPS

const HEADER = 0x2000
const PAGE = 0x1000
/** Physical pages: four of tables, then the kernel's own. */
const FIRST_PAGE = 0x100
const TABLES = 4
const KERNEL_PAGES = 0x20
const KERNEL = 0xffff_f800_0000_0000n
/** Offsets in the kernel's pages. */
const AT = {
  modules: 0x2000,
  names: 0x3000,
  unloaded: 0x4000,
  debugger: 0x5000,
  processes: 0x6000,
  processor: 0x8000,
} as const

export interface MadeMemoryDump {
  readonly sort: MemoryDumpSort
  readonly code: number
  readonly parameters: readonly bigint[]
}

/** An x64 dump of this sort: 36 pages of memory. */
export function makeMemoryDump({ sort, code, parameters }: MadeMemoryDump): Buffer {
  const pages = memoryPages()
  const header = Buffer.alloc(HEADER, 'PAGE')
  header.write('PAGEDU64', 0, 'latin1')
  header.writeUInt32LE(15, 0x08)
  header.writeUInt32LE(20_348, 0x0c)
  header.writeBigUInt64LE(BigInt(FIRST_PAGE * PAGE), 0x10)
  header.writeBigUInt64LE(0n, 0x18)
  header.writeBigUInt64LE(KERNEL + BigInt(AT.modules), 0x20)
  header.writeBigUInt64LE(KERNEL + BigInt(AT.processes), 0x28)
  header.writeUInt32LE(0x8664, 0x30)
  header.writeUInt32LE(1, 0x34)
  header.writeUInt32LE(code, 0x38)
  header.fill(0, 0x40, 0x60)
  parameters.forEach((value, index) => header.writeBigUInt64LE(value, 0x40 + index * 8))
  header.writeBigUInt64LE(KERNEL + BigInt(AT.debugger), 0x80)
  header.writeUInt32LE(1, 0x88)
  header.writeBigUInt64LE(BigInt(pages.length / PAGE), 0x90)
  header.writeBigUInt64LE(BigInt(FIRST_PAGE), 0x98)
  header.writeBigUInt64LE(BigInt(pages.length / PAGE), 0xa0)
  header.fill(0, 0x348, 0xf98)
  header.writeUInt32LE(0x10_001f, 0x348 + 0x30)
  header.writeBigUInt64LE(KERNEL + 0x7800n, 0x348 + 0x98)
  header.writeBigUInt64LE(KERNEL + 0x1234n, 0x348 + 0xf8)
  header.writeUInt32LE(0x8000_0003, 0xf00)
  header.writeUInt32LE(MEMORY_DUMPS[sort], 0xf98)
  header.writeBigUInt64LE(133_774_560_000_000_000n, 0xfa8)
  header.writeBigUInt64LE(600_000_000n, 0x1030)
  header.writeUInt32LE(3, 0x1040)
  header.writeUInt32LE(0x110, 0x1044)
  header.writeUInt32LE(0, 0x1048)
  const body = sort === 'full' ? pages : Buffer.concat([bitmap(sort, pages.length / PAGE), pages])
  header.writeBigUInt64LE(BigInt(HEADER + body.length), 0xfa0)
  return Buffer.concat([header, body])
}

/** Which pages follow: a bit for each page of memory. */
function bitmap(sort: MemoryDumpSort, present: number): Buffer {
  const pages = FIRST_PAGE + present
  const start = Buffer.alloc(PAGE)
  start.write(MEMORY_DUMPS[sort] === 5 ? 'FDMPDUMP' : 'SDMPDUMP', 0, 'latin1')
  start.writeBigUInt64LE(BigInt(HEADER + PAGE), 0x20)
  start.writeBigUInt64LE(BigInt(present), 0x28)
  start.writeBigUInt64LE(BigInt(pages), 0x30)
  for (let page = FIRST_PAGE; page < pages; page += 1) {
    const at = 0x38 + Math.floor(page / 8)
    start.writeUInt8(start.readUInt8(at) | (1 << (page % 8)), at)
  }
  return start
}

function memoryPages(): Buffer {
  const memory = Buffer.alloc((TABLES + KERNEL_PAGES) * PAGE)
  const present = 0x63n
  const entry = (page: number): bigint => BigInt((FIRST_PAGE + page) * PAGE) | present
  // PML4, page directory pointers, directory, table: each one names the next.
  memory.writeBigUInt64LE(entry(1), 0x1f0 * 8)
  memory.writeBigUInt64LE(entry(2), PAGE)
  memory.writeBigUInt64LE(entry(3), 2 * PAGE)
  for (let page = 0; page < KERNEL_PAGES; page += 1)
    memory.writeBigUInt64LE(entry(TABLES + page), 3 * PAGE + page * 8)
  writeKernel(memory.subarray(TABLES * PAGE))
  return memory
}

function writeKernel(kernel: Buffer): void {
  const address = (offset: number): bigint => KERNEL + BigInt(offset)
  const modules = [
    {
      name: 'ntoskrnl.exe',
      path: '\\SystemRoot\\system32\\ntoskrnl.exe',
      base: KERNEL,
      size: KERNEL_PAGES * PAGE,
    },
    {
      name: 'acme.sys',
      path: '\\SystemRoot\\System32\\drivers\\acme.sys',
      base: KERNEL + 0x100_0000n,
      size: 0x1_0000,
    },
  ]
  const places = modules.map((_, index) => AT.modules + 0x100 + index * 0x100)
  const ring = [AT.modules, ...places]
  ring.forEach((place, index) => {
    kernel.writeBigUInt64LE(address(ring[(index + 1) % ring.length] ?? 0), place)
    kernel.writeBigUInt64LE(address(ring.at(index - 1) ?? 0), place + 8)
  })
  modules.forEach(({ name, path, base, size }, index) => {
    const place = places[index] ?? 0
    kernel.writeBigUInt64LE(base, place + 0x30)
    kernel.writeUInt32LE(size, place + 0x40)
    for (const [at, text, offset] of [
      [0x48, path, 0],
      [0x58, name, 0x80],
    ] as const) {
      const where = AT.names + index * 0x200 + offset
      kernel.write(text, where, 'utf16le')
      kernel.writeUInt16LE(text.length * 2, place + at)
      kernel.writeUInt16LE(text.length * 2 + 2, place + at + 2)
      kernel.writeBigUInt64LE(address(where), place + at + 8)
    }
  })
  for (const place of [AT.processes, AT.debugger]) {
    kernel.writeBigUInt64LE(address(place), place)
    kernel.writeBigUInt64LE(address(place), place + 8)
  }
  kernel.write('KDBG', AT.debugger + 0x10, 'latin1')
  kernel.writeUInt32LE(0x380, AT.debugger + 0x14)
  kernel.writeBigUInt64LE(KERNEL, AT.debugger + 0x18)
  kernel.writeBigUInt64LE(address(AT.modules), AT.debugger + 0x48)
  kernel.writeBigUInt64LE(address(AT.processes), AT.debugger + 0x50)
}
