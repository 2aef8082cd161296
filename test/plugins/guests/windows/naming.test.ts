import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  lookUpAltitude,
  normaliseAltitude,
  vendorsOfDriver,
} from '../../../../src/plugins/guests/windows/altitude.ts'
import { explainBugCheck } from '../../../../src/plugins/guests/windows/bug-check.ts'
import { parseFltmc } from '../../../../src/plugins/guests/windows/fltmc-table.ts'
import { decodeProductState } from '../../../../src/plugins/guests/windows/security-product-state.ts'
import { readSerialCrash } from '../../../../src/plugins/guests/windows/serial-crash.ts'

describe('a bug check', () => {
  it('is one under the form of small dumps and under its own', () => {
    expect(explainBugCheck('0x1000007E', []).code).toBe(explainBugCheck('126', []).code)
    expect(explainBugCheck('0x100000ea', []).name).toBe('THREAD_STUCK_IN_DEVICE_DRIVER')
  })

  it('is explained with the cause that its first parameter names', () => {
    const { name, explanation } = explainBugCheck('0xC4', ['0x2000', '0xfffff80112345678', '0x0', '0x0'])
    expect(name).toBe('DRIVER_VERIFIER_DETECTED_VIOLATION')
    expect(explanation).toMatch(/execut/i)
    expect(explainBugCheck('0xD1', ['0x10', '0x2']).explanation).toContain(
      '2: 0x2 IRQL at time of reference.',
    )
  })

  it('keeps an unknown code and never fails on nonsense', () => {
    expect(explainBugCheck('0x0000BEEF', []).name).toBe('UNKNOWN_BUG_CHECK_0x0000BEEF')
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string(), { maxLength: 6 }), (code, parameters) => {
        const { explanation } = explainBugCheck(code, parameters)
        expect(explanation.length).toBeLessThanOrEqual(2000)
      }),
    )
  })
})

describe('an altitude', () => {
  it('names group and owner, and ignores zeros that change nothing', () => {
    expect(lookUpAltitude('328010.00')).toEqual({
      group: 'FSFilter Anti-Virus',
      owners: [{ driver: 'WdFilter.sys', company: 'Microsoft' }],
    })
    expect(lookUpAltitude('999999.5').group).toBeUndefined()
    expect(vendorsOfDriver('CSAGENT.SYS')).toEqual(['CrowdStrike Ltd.'])
  })

  it('is compared as text, because a double would merge neighbours', () => {
    expect(normaliseAltitude('321410.00000000000000001')).not.toBe(normaliseAltitude('321410'))
    expect(normaliseAltitude('12; calc')).toBeUndefined()
  })
})

describe('the filter manager’s table', () => {
  it('is read under its line of dashes, whatever the language of its headings', () => {
    const rows = parseFltmc([
      '',
      'Filtername                     Anz. Instanzen    Höhe         Rahmen',
      '------------------------------  -------------  ------------  -----',
      'bindflt                                 1       409800         0',
      'My Filter                               2       385100.5       0',
      'oldav                           <Legacy>',
      'The service is not running.',
    ])
    expect(rows).toEqual([
      { name: 'bindflt', altitude: '409800', instances: 1 },
      { name: 'My Filter', altitude: '385100.5', instances: 2 },
      { name: 'oldav', instances: 0 },
    ])
    expect(parseFltmc(['Zugriff verweigert'])).toEqual([])
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (lines) => {
        expect(parseFltmc(['--- ---', ...lines]).length).toBeLessThanOrEqual(lines.length)
      }),
    )
  })
})

describe('the security center’s state', () => {
  it.each([
    [397_568, 'on', true],
    [397_584, 'on', false],
    [393_472, 'off', true],
    [266_240, 'on', true],
  ] as const)('%d is %s', (state, expected, upToDate) => {
    expect(decodeProductState(state)).toEqual({ state: expected, upToDate })
  })
})

describe('a serial line', () => {
  it('shows the last bug check', () => {
    const crash = readSerialCrash(
      'boot\r\n*** Fatal System Error: 0x000000d1\r\n (0x0000000000000010,0x2,0x0,0x3)\r\n',
    )
    expect(crash?.title).toBe('DRIVER_IRQL_NOT_LESS_OR_EQUAL (0x000000D1)')
    expect(readSerialCrash('all is well, do not STOP here')).toBeUndefined()
  })
})
