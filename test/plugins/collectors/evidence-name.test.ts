import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evidenceName } from '../../../src/plugins/collectors/evidence-name.ts'

describe('the name of an evidence file', () => {
  it('keeps what is readable of the guest’s name', () => {
    expect(evidenceName('disk', 2, '/var/log/ringzero-guest/events.log')).toBe('disk-03-events.log')
    expect(evidenceName('live', 0, 'C:\\Windows\\Minidump\\112226-1.dmp')).toBe('live-01-112226-1.dmp')
  })

  it('is a plain short file name, whatever a guest calls its files', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.nat(99), (name, index) => {
        expect(evidenceName('disk', index, name)).toMatch(
          /^disk-\d{2,3}-[A-Za-z0-9_][A-Za-z0-9._-]{0,79}$|^disk-\d{2,3}-[A-Za-z0-9._-]{1,80}$/,
        )
        expect(evidenceName('disk', index, name)).not.toContain('/')
      }),
    )
  })

  it('is never hidden and never climbs', () => {
    expect(evidenceName('disk', 0, '../../etc/..')).toBe('disk-01-file')
    expect(evidenceName('disk', 0, '/tmp/.hidden')).toBe('disk-01-hidden')
  })
})
