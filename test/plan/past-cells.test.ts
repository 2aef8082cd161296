import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { measuredStarts, type PastCell } from '../../src/plan/past-cells.ts'

const cell = (configuration: PastCell['configuration'], startSeconds?: number): PastCell => ({
  configuration,
  os: 'windows',
  failed: false,
  ...(startSeconds === undefined ? {} : { startSeconds }),
})

describe('the seconds of a start', () => {
  const starts = measuredStarts([
    cell({ disk: 'nvme', av: 'none' }, 40),
    cell({ disk: 'ide', av: 'none' }, 80),
    cell({ disk: 'nvme', av: 'edr' }, 60),
    cell({ disk: 'nvme', av: 'edr' }, 100),
    cell({ disk: 'usb', av: 'edr' }),
  ])

  it('are those that this very configuration took, on average', () => {
    expect(starts({ av: 'none', disk: 'nvme' }, 'windows')).toBe(40)
    expect(starts({ disk: 'nvme', av: 'edr' }, 'windows')).toBe(80)
  })

  it('are put together from its values where it never ran: what is slow for others is slow for it', () => {
    const [both, one, neither] = [
      starts({ disk: 'ide', av: 'edr' }, 'windows'),
      starts({ disk: 'ide', av: 'none', more: 'x' }, 'windows'),
      starts({ disk: 'new', av: 'new' }, 'windows'),
    ]
    expect([both, one, neither]).toEqual([90, 70, 70])
  })

  it('are unknown for a system that never ran', () => {
    expect(starts({ disk: 'nvme', av: 'none' }, 'linux')).toBeUndefined()
    expect(measuredStarts([])({}, 'windows')).toBeUndefined()
  })

  it('are never zero or less, whatever values come together', () => {
    const value = fc.constantFrom('a', 'b', 'c')
    const configuration = fc.record({ x: value, y: value, z: value })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(configuration, fc.integer({ min: 1, max: 1000 })), { minLength: 1 }),
        configuration,
        (past, asked) => {
          const estimate = measuredStarts(past.map(([at, seconds]) => cell(at, seconds)))(asked, 'windows')
          expect(estimate).toBeGreaterThan(0)
        },
      ),
    )
  })
})
