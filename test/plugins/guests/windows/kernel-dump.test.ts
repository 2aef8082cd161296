import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blamedDriver } from '../../../../src/plugins/guests/windows/blamed-driver.ts'
import { crashOfDump } from '../../../../src/plugins/guests/windows/crash-of-dump.ts'
import { parseKernelDump } from '../../../../src/plugins/guests/windows/kernel-dump.ts'
import { parseUserDump } from '../../../../src/plugins/guests/windows/user-dump.ts'
import { makeDump32, makeDump64, makeUserDump } from './dump-bytes.ts'
import { haveSamples, sample } from './reference-samples.ts'

describe('a kernel dump', () => {
  // Field by field as rizin's own test (test/db/formats/dmp/dmp) lists this file.
  it.runIf(haveSamples)('agrees with an independent parser on a recorded triage dump', () => {
    const dump = parseKernelDump(sample('triage_x64.dmp'))
    expect({ ...dump, drivers: dump?.drivers.length, stack: dump?.stack.length }).toEqual({
      bits: 64,
      build: 19_041,
      machine: 'x64',
      processors: 16,
      code: '0x1000007E',
      parameters: ['0xFFFFFFFFC0000005', '0xFFFFF8048B58334C', '0xFFFF850429891EE8', '0xFFFF850429891720'],
      dumpType: 4,
      crashedAt: Date.UTC(2021, 1, 21, 1, 38, 22, 987),
      uptimeSeconds: 3.7470697,
      bootId: undefined,
      productType: 'workstation',
      drivers: 151,
      unloaded: ['dam.sys', 'WdBoot.sys', 'hwpolicy.sys', 'mcupdate.dll'],
      brokenDriver: undefined,
      stack: 1059,
    })
    expect(dump?.drivers[0]).toMatchObject({ name: 'ntoskrnl.exe', size: 0x0104_6000 })
    expect(dump === undefined ? undefined : blamedDriver(dump)).toEqual({
      name: 'amdppm.sys',
      by: 'instruction',
      offset: '0x334c',
    })
  })

  it.runIf(haveSamples)('never throws on a recorded dump that is cut or changed', () => {
    const original = sample('triage_x64.dmp')
    const size = original.length
    const change = fc.tuple(fc.nat(0x2ffb), fc.nat(0xffff_ffff))
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.nat(size), (changes, length) => {
        const data = Buffer.from(original.subarray(0, Math.max(length, 0x3000)))
        for (const [offset, value] of changes) data.writeUInt32LE(value, offset)
        data.write('PAGEDU64', 0, 'latin1')
        expect(crashOfDump(data, 'C:\\Windows\\Minidump\\x.dmp')?.mechanism).toBe('bugcheck')
      }),
      { numRuns: 100 },
    )
  })

  const drivers = [
    { name: '\\SystemRoot\\system32\\ntoskrnl.exe', base: 0xffff_f800_0000_0000n, size: 0x100_0000 },
    { name: '\\SystemRoot\\System32\\drivers\\csagent.sys', base: 0xffff_f801_0000_0000n, size: 0x10_0000 },
  ]

  it('blames the driver that holds the faulting instruction, with its vendor', () => {
    const parameters = [0xffff_8405_0000_009cn, 0n, 0xffff_f801_0000_e14en, 0n]
    const crash = crashOfDump(makeDump64({ code: 0x50, parameters, drivers }), 'C:\\Windows\\Minidump\\1.dmp')
    expect(crash).toMatchObject({
      mechanism: 'bugcheck',
      title: 'PAGE_FAULT_IN_NONPAGED_AREA',
      code: '0x00000050',
      module: 'csagent.sys',
    })
    expect(crash?.explanation).toContain('csagent.sys + 0xe14e (CrowdStrike')
  })

  it('passes the kernel over on the stack and blames who called it', () => {
    const stack = [1n, 0xffff_f800_0000_1234n, 0xffff_f801_0000_0042n]
    const dump = parseKernelDump(makeDump64({ code: 0x133, parameters: [0n, 0n, 0n, 0n], drivers, stack }))
    expect(dump && blamedDriver(dump)).toEqual({ name: 'csagent.sys', by: 'stack', offset: '0x42' })
  })

  it('believes the name that Windows itself wrote', () => {
    const dump = parseKernelDump(makeDump64({ code: 0xc4, parameters: [0n], drivers, broken: 'acme.sys' }))
    expect(dump && blamedDriver(dump)).toEqual({ name: 'acme.sys', by: 'named' })
  })

  it('calls a dump of a kernel that went on running a watchdog', () => {
    const dump = makeDump64({ code: 0x1a8, parameters: [0n, 0n, 0n, 0n] })
    expect(crashOfDump(dump, 'C:\\Windows\\LiveKernelReports\\A\\x.dmp')?.mechanism).toBe('watchdog')
  })

  it('reads the 32-bit header', () => {
    expect(parseKernelDump(makeDump32(0xd1, [0, 2, 0, 0xf7a1_2345]))).toMatchObject({
      bits: 32,
      machine: 'x86',
      code: '0x000000D1',
      parameters: ['0x00000000', '0x00000002', '0x00000000', '0xF7A12345'],
    })
  })

  it('is nothing when the bytes are something else, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
        expect(parseKernelDump(Buffer.from(bytes))).toBeUndefined()
        expect(parseUserDump(Buffer.from(bytes))).toBeUndefined()
      }),
    )
  })
})

describe('a process dump', () => {
  it('says which module ended which program', () => {
    expect(parseUserDump(makeUserDump(0xc000_0005, 0x2000_1234n))).toEqual({
      build: 26_100,
      exceptionCode: '0xC0000005',
      module: 'engine.dll',
      program: 'sensor.exe',
    })
  })

  it('never throws on damage', () => {
    const change = fc.tuple(fc.nat(0x600), fc.nat(0xffff_ffff))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 30 }), (changes) => {
        const data = makeUserDump(0xc000_0005, 0x2000_1234n)
        for (const [offset, value] of changes) data.writeUInt32LE(value, Math.max(4, offset))
        expect(parseUserDump(data)).toBeDefined()
      }),
    )
  })
})
