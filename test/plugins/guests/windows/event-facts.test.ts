import { describe, expect, it } from 'vitest'
import {
  crashesOfEvents,
  describeEvent,
  summarizeEvents,
  type EventSource,
} from '../../../../src/plugins/guests/windows/event-facts.ts'

function record(change: Partial<EventSource>): EventSource {
  return { provider: 'Acme', eventId: 1, level: 2, channel: 'System', data: [], ...change }
}

describe('records as entries', () => {
  it('counts equal ones, keeps information out and says how many were cut', () => {
    const twice = record({ provider: 'Service Control Manager', eventId: 7034, data: [['param1', 'Acme']] })
    const { entries, cut } = summarizeEvents([twice, twice, record({ level: 4 })])
    expect(entries).toEqual([
      {
        level: 'error',
        provider: 'Service Control Manager',
        eventId: '7034',
        message: 'service ended unexpectedly: param1=Acme',
        count: 2,
      },
    ])
    expect(cut).toBe(0)
    const flood = Array.from({ length: 600 }, (_, index) => record({ eventId: index }))
    expect(summarizeEvents(flood)).toMatchObject({ cut: 100 })
  })

  it('keeps terminal escapes and text direction marks out of messages', () => {
    const text = describeEvent(record({ message: '\u001b[31mred\u202etxt.exe\n\nnext' }))
    expect(text).toBe('redtxt.exe next')
  })

  it('reports drivers that did not load when one of them is not routine', () => {
    const at = (value: string): EventSource =>
      record({ provider: 'Service Control Manager', eventId: 7026, data: [['param1', value]] })
    expect(summarizeEvents([at('\r\ndam\r\nCSC')]).entries).toEqual([])
    expect(summarizeEvents([at('\r\ndam\r\nacmeflt')]).entries).toHaveLength(1)
  })
})

describe('crashes of the log', () => {
  const power = (code: string): EventSource =>
    record({
      provider: 'Microsoft-Windows-Kernel-Power',
      eventId: 41,
      level: 1,
      data: [
        ['BugcheckCode', code],
        ['BugcheckParameter1', '0x1'],
      ],
    })

  it('reads the decimal code of Kernel-Power 41; none is no crash', () => {
    expect(crashesOfEvents([power('0')])).toEqual([])
    expect(crashesOfEvents([power('209')])).toMatchObject([
      { code: '0x000000D1', title: 'DRIVER_IRQL_NOT_LESS_OR_EQUAL' },
    ])
  })

  it('reads code, parameters and dump path of the bug check event', () => {
    const event = record({
      provider: 'Microsoft-Windows-WER-SystemErrorReporting',
      eventId: 1001,
      data: [
        ['param1', '0x1000007e (0xffffffffc0000005, 0xfffff8048b58334c, 0x1, 0x2)'],
        ['param2', 'C:\\Windows\\MEMORY.DMP'],
      ],
    })
    expect(crashesOfEvents([event])).toMatchObject([
      {
        code: '0x0000007E',
        title: 'SYSTEM_THREAD_EXCEPTION_NOT_HANDLED',
        parameters: ['0xffffffffc0000005', '0xfffff8048b58334c', '0x1', '0x2'],
        path: 'C:\\Windows\\MEMORY.DMP',
      },
    ])
    expect(crashesOfEvents([record({ ...event, data: [['param1', 'nonsense; rm -rf']] })])).toEqual([])
  })
})
