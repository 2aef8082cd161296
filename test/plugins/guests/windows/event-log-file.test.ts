import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crashesOfEvents, summarizeEvents } from '../../../../src/plugins/guests/windows/event-facts.ts'
import {
  countIds,
  describeGaps,
  parseEventLog,
  type EventLogContent,
} from '../../../../src/plugins/guests/windows/event-log-file.ts'
import { haveSamples, sample } from './reference-samples.ts'
import { saySkipped } from '../../../support/skipped-tests.ts'
import { needs } from '../../../windows-host/not-on-windows.ts'

/** Numbers that libevtx's evtxexport gives for the whole ones of these files, too. */
const RECORDED = [
  [
    'omerbenamram_system.evtx',
    1881,
    { 'Service Control Manager 7023': 12, 'Service Control Manager 7000': 3 },
  ],
  [
    'omerbenamram_2-vss_7-System.evtx',
    1160,
    { 'Microsoft-Windows-Kernel-General 12': 3, 'EventLog 6008': 0 },
  ],
  ['omerbenamram_zero-data-size-event.evtx', 450, { 'Service Control Manager 7031': 3, 'disk 153': 12 }],
  ['hayabusa_many-events-application.evtx', 2216, { 'Windows Error Reporting 1001': 44 }],
  ['hayabusa_7009_system.evtx', 7, { 'Service Control Manager 7009': 1 }],
  ['sample_with_a_bad_chunk_magic.evtx', 301, {}],
] as const

describe.runIf(haveSamples)('a recorded event log', () => {
  it.each(RECORDED)(
    '%s gives all of its %d records, also those past the header’s count',
    (file, total, counts) => {
      const { records } = parseEventLog(sample(file))
      expect(records).toHaveLength(total)
      for (const [key, count] of Object.entries(counts))
        expect(records.filter((record) => `${record.provider} ${record.eventId}` === key)).toHaveLength(count)
    },
  )

  it('gives the fields of manifest and classic events', () => {
    const { records } = parseEventLog(sample('omerbenamram_system.evtx'))
    expect(records.find(({ eventId }) => eventId === 7000)?.data.slice(0, 2)).toEqual([
      ['param1', 'CldFlt'],
      ['param2', '%%50'],
    ])
    const classic = records.find(({ provider, eventId }) => provider === 'EventLog' && eventId === 6009)
    expect(classic?.data.map(([, value]) => value).slice(0, 3)).toEqual(['10.00.', '15063', ''])
    const boot = records.find(
      (record) => record.provider === 'Microsoft-Windows-Kernel-Boot' && record.eventId === 20,
    )
    expect(boot?.data).toContainEqual(['LastShutdownGood', 'true'])
  })

  it('does not take drivers that Windows leaves out in every virtual machine for a failure', () => {
    const { records } = parseEventLog(sample('omerbenamram_system.evtx'))
    expect(records.filter(({ eventId }) => eventId === 7026)).toHaveLength(3)
    const { entries } = summarizeEvents(records)
    expect(entries.filter(({ eventId }) => eventId === '7026')).toEqual([])
    expect(
      entries.find(({ eventId, provider }) => eventId === '7000' && provider === 'Service Control Manager')
        ?.message,
    ).toContain('service did not start: ')
    expect(crashesOfEvents(records)).toEqual([])
  })

  it('never throws and stays bounded when bytes of a chunk are changed', () => {
    const original = sample('hayabusa_7009_system.evtx')
    const change = fc.tuple(fc.integer({ min: 4096, max: original.length - 5 }), fc.nat(0xffff_ffff))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 40 }), (changes) => {
        const data = Buffer.from(original)
        for (const [offset, value] of changes) data.writeUInt32LE(value, offset)
        const log = parseEventLog(data)
        expect(log.records.length).toBeLessThanOrEqual(2000)
      }),
      { numRuns: 300 },
    )
  })
})

const fieldCase = (name: string): Buffer =>
  readFileSync(join(import.meta.dirname, '../../../field-cases', name))
const ids = ({ records }: EventLogContent): readonly number[] => records.map(({ recordId }) => recordId)

describe('a damaged event log', () => {
  it('of which nothing is damaged has nothing to say', () => {
    const log = parseEventLog(fieldCase('whole.evtx'))
    expect(ids(log)).toEqual([1, 2, 3, 4])
    expect(describeGaps(log)).toEqual([])
  })

  it.each([
    ['zero-size-record.evtx', [1, 2, 3, 4], ['damaged, and still read: 1 records']],
    ['bad-chunk-magic.evtx', [1, 2, 3, 4], ['damaged, and still read: 1 headers of parts of the file']],
    ['stale-free-space.evtx', [1, 2, 3, 4], []],
    ['truncated-file.evtx', [1, 2, 3, 4, 5, 6], ['the file is cut: records behind its end are missing']],
  ])('%s gives the records %j and says what is wrong', (file, expected, gaps) => {
    const log = parseEventLog(fieldCase(file))
    expect(ids(log)).toEqual(expected)
    expect(countIds(log.missing)).toBe(0)
    expect(describeGaps(log)).toEqual(gaps)
  })

  it('says which records are missing when one of them is gone for good', () => {
    const data = fieldCase('zero-size-record.evtx')
    data.fill(0, 4096 + 1042, 4096 + 1572)
    const log = parseEventLog(data)
    expect(ids(log)).toEqual([1, 3, 4])
    expect(describeGaps(log)).toEqual(['1 of 4 records are missing (id 2)'])
  })

  it('counts a record that cannot be decoded among the missing ones', () => {
    const data = fieldCase('whole.evtx')
    data.fill(0xff, 4096 + 1042 + 24, 4096 + 1572 - 4)
    const log = parseEventLog(data)
    expect(ids(log)).toEqual([1, 3, 4])
    expect(describeGaps(log)).toEqual([
      '1 of 4 records are missing (id 2); 1 of them are in the file and cannot be decoded',
    ])
  })

  it('does not take records of an earlier round for its own', () => {
    const data = fieldCase('whole.evtx')
    // As Windows leaves them: behind the free space, with ids of long ago.
    data.copy(data, 4096 + 4000, 4096 + 2102, 4096 + 2904)
    data.writeBigUInt64LE(90n, 4096 + 4008)
    for (const free of [2904, 0, 60_000]) {
      data.writeUInt32LE(free, 4096 + 48)
      expect(ids(parseEventLog(data))).toEqual([1, 2, 3, 4])
    }
  })

  it('whose own mark is gone is read, and other bytes are not', () => {
    const data = fieldCase('whole.evtx')
    data.fill(0, 0, 128)
    expect(ids(parseEventLog(data))).toEqual([1, 2, 3, 4])
    data.fill(0, 4096, 4104)
    expect(() => parseEventLog(data)).toThrow('not an event log')
  })

  it.runIf(haveSamples)('tells records that a wiped part of the file held', () => {
    const log = parseEventLog(sample('omerbenamram_2-vss_7-System.evtx'))
    expect(log.missing).toEqual([{ first: 1156, last: 1417 }])
    const data = sample('omerbenamram_system.evtx')
    data.fill(0, 4096 + 65_536 * 3, 4096 + 65_536 * 4)
    expect(parseEventLog(data).missing).toEqual([{ first: 327, last: 444 }])
  })

  it.runIf(haveSamples)('that was closed and then cut tells how many records its end had', () => {
    const data = sample('hayabusa_many-events-application.evtx')
    const log = parseEventLog(data.subarray(0, 4096 + 65_536 * 19))
    expect(log.records).toHaveLength(2118)
    expect(log.missing).toEqual([{ first: 2119, last: 2216 }])
  })
})

/** The first chunks of a closed log, with a header that says so. */
function firstChunks(name: string, chunks: number): Buffer {
  const data = Buffer.from(sample(name).subarray(0, 4096 + 65_536 * chunks))
  const last = data.readBigUInt64LE(4096 + 65_536 * (chunks - 1) + 32)
  data.writeBigUInt64LE(last + 1n, 24)
  data.writeUInt16LE(chunks, 42)
  data.writeUInt32LE(crc32(data.subarray(0, 120)), 124)
  return data
}

/** Places of the records of an undamaged log: file offset and end. */
function placesOf(data: Buffer): ReadonlyMap<number, readonly [start: number, end: number]> {
  const places = new Map<number, readonly [number, number]>()
  for (let chunk = 4096; chunk < data.length; chunk += 65_536)
    for (let at = chunk + 512; at + 28 < data.length && data.readUInt32LE(at) === 0x2a2a;) {
      const end = at + data.readUInt32LE(at + 4)
      places.set(Number(data.readBigUInt64LE(at + 8)), [at, end])
      at = end
    }
  return places
}

describe.runIf(haveSamples)('a log with changed bytes', () => {
  // The body of a group that is skipped runs all the same.
  const original = haveSamples ? firstChunks('hayabusa_many-events-application.evtx', 2) : Buffer.alloc(8192)
  const whole = haveSamples ? parseEventLog(original) : { records: [] }
  const places = placesOf(original)
  const byId = new Map(whole.records.map((record) => [record.recordId, record]))
  const damage = fc.array(
    fc.tuple(
      fc.integer({ min: 4096, max: original.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      fc.integer({ min: 1, max: 3000 }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  const changed = (changes: readonly (readonly [number, number, number])[], run: boolean): Buffer => {
    const data = Buffer.from(original)
    for (const [offset, mask, length] of changes)
      if (run) data.fill(mask, offset, Math.min(data.length, offset + length))
      else data.writeUInt8(data.readUInt8(offset) ^ mask, offset)
    return data
  }

  it.each([
    ['single bytes', false],
    ['runs of bytes', true],
  ])('of %s loses no record that is untouched, and says what may be wrong', (_, run) => {
    fc.assert(
      fc.property(damage, (changes) => {
        const data = changed(changes, run)
        const log = parseEventLog(data)
        const found = new Map(log.records.map((record) => [record.recordId, record]))
        const missing = new Set(
          log.missing.flatMap(({ first, last }) =>
            Array.from({ length: last - first + 1 }, (_unused, index) => first + index),
          ),
        )
        // Every id is accounted for once, and no other is.
        expect(log.records).toHaveLength(found.size)
        const told = [...byId.keys()].filter((id) => found.has(id) || missing.has(id))
        expect([...found.keys()].filter((id) => missing.has(id) || !byId.has(id))).toEqual([])
        expect(told.length === byId.size || log.open > 0, `${told.length} of ${byId.size}`).toBe(true)
        expect(found.size + missing.size).toBe(told.length)
        // What is untouched in an untouched chunk is there, and as it was.
        const touched = new Set(
          changes.flatMap(([offset, , length]) => {
            const to = run ? Math.min(offset + length, data.length) - 1 : offset
            return [offset, to].map((at) => Math.floor((at - 4096) / 65_536))
          }),
        )
        for (const [id, [start]] of places) {
          if (touched.has(Math.floor((start - 4096) / 65_536))) continue
          expect(found.get(id)).toEqual(byId.get(id))
        }
        // What reads otherwise than before stands in a part whose checksum says so.
        const wrong = log.records.filter((record) => !isSame(record, byId.get(record.recordId)))
        expect(log.unproven).toBeGreaterThanOrEqual(wrong.length)
      }),
      { numRuns: 100 },
    )
  })
})

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

const evtxexport = spawnSync('evtxexport', ['-V']).error === undefined
if (!evtxexport) saySkipped('install libevtx-utils to hold damaged event logs against another reader')

describe('of a damaged log', needs(haveSamples && evtxexport, 'evtxexport'), () => {
  it('all is found that libevtx finds', () => {
    const original = firstChunks('hayabusa_many-events-application.evtx', 2)
    const file = join(mkdtempSync(join(tmpdir(), 'rz-evtx-')), 'damaged.evtx')
    const change = fc.tuple(
      fc.integer({ min: 4096, max: original.length - 5 }),
      fc.integer({ min: 0, max: 0xffff_ffff }),
    )
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 30 }), (changes) => {
        const data = Buffer.from(original)
        for (const [offset, value] of changes) data.writeUInt32LE(value, offset)
        writeFileSync(file, data)
        const { stdout } = spawnSync('evtxexport', [file], { maxBuffer: 64 * 1024 * 1024 })
        // A record whose number it knows and whose event it cannot decode is not found.
        const shown = /^Event number\s*: (\d+)\nWritten time.*\n(?!Unable)/gm
        const theirs = new Set(Array.from(stdout.toString().matchAll(shown), ([, id]) => Number(id)))
        const own = new Set(ids(parseEventLog(data)))
        const real = [...theirs].filter((id) => id >= 1 && id <= 222)
        expect(real.filter((id) => !own.has(id))).toEqual([])
      }),
      { numRuns: 40 },
    )
  })
})

describe.runIf(haveSamples)('an event that is damaged behind its data', () => {
  it('is told, in a part whose checksum says that something is wrong', () => {
    const data = firstChunks('hayabusa_many-events-application.evtx', 2)
    const whole = parseEventLog(data).records.find(({ recordId }) => recordId === 9)
    // Where the value ends that holds the strings of record 9, which is 11728 to 12104.
    data.writeUInt32LE(0x0100_0000, 12_092)
    const log = parseEventLog(data)
    expect(log.records.find(({ recordId }) => recordId === 9)).toEqual(whole)
    expect(log.unproven).toBeGreaterThan(0)
  })
})

describe('bytes that are no event log', () => {
  it('are refused, and random chunks give no records', () => {
    expect(() => parseEventLog(Buffer.from('MZ'))).toThrow('not an event log')
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 600, maxLength: 4096 }), (bytes) => {
        const header = Buffer.alloc(8192)
        header.write('ElfFile\0', 0, 'latin1')
        const chunk = Buffer.from(bytes)
        chunk.write('ElfChnk\0', 0, 'latin1')
        chunk.writeUInt32LE(0x2a2a, 512)
        expect(parseEventLog(Buffer.concat([header, chunk])).records).toEqual([])
      }),
    )
  })
})
