import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crashesOfEvents, summarizeEvents } from '../../../../src/plugins/guests/windows/event-facts.ts'
import { parseEventLog } from '../../../../src/plugins/guests/windows/event-log-file.ts'
import { haveSamples, sample } from './reference-samples.ts'

/** Numbers that libevtx's evtxexport gives for the same files, too (it gives up three records of the damaged one). */
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
  ['omerbenamram_zero-data-size-event.evtx', 335, { 'Service Control Manager 7031': 3, 'disk 153': 12 }],
  ['hayabusa_many-events-application.evtx', 2216, { 'Windows Error Reporting 1001': 44 }],
  ['hayabusa_7009_system.evtx', 7, { 'Service Control Manager 7009': 1 }],
  ['sample_with_a_bad_chunk_magic.evtx', 270, {}],
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

describe('bytes that are no event log', () => {
  it('are refused, and random chunks give no records', () => {
    expect(() => parseEventLog(Buffer.from('MZ'))).toThrow('not an event log')
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 600, maxLength: 4096 }), (bytes) => {
        const header = Buffer.alloc(4096)
        header.write('ElfFile\0', 0, 'latin1')
        const chunk = Buffer.from(bytes)
        chunk.write('ElfChnk\0', 0, 'latin1')
        chunk.writeUInt32LE(0x2a2a, 512)
        expect(parseEventLog(Buffer.concat([header, chunk])).records).toEqual([])
      }),
    )
  })
})
