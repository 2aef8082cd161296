/** The life of a lease, for any order of steps by its worker, a zombie of it, the coordinator and a person. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OFFERED, stepLease, type Lease, type LeaseStep } from '../../src/fleet/lease.ts'
import { leaseStep } from '../stand-ins/lease-steps.ts'

function walk(
  steps: readonly LeaseStep[],
): readonly { step: LeaseStep; before: Lease; after: Lease; accepted: boolean }[] {
  let lease = OFFERED
  return steps.map((next) => {
    const before = lease
    const { lease: after, accepted } = stepLease(before, next)
    lease = after
    return { step: next, before, after, accepted }
  })
}

describe('a lease', () => {
  it('has one end, which nothing changes any more', () => {
    fc.assert(
      fc.property(fc.array(leaseStep, { maxLength: 40 }), (steps) => {
        const ends = walk(steps).filter(
          ({ before, after }) => before.state !== after.state && after.state !== 'held',
        )
        expect(ends.length).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('takes nothing in but from its holder: every line once, without a gap', () => {
    fc.assert(
      fc.property(fc.array(leaseStep, { maxLength: 40 }), (steps) => {
        const wrong = walk(steps).filter(
          ({ step: next, before, after, accepted }) =>
            (!accepted && after !== before) ||
            (before.state !== 'held' && after.lines !== before.lines) ||
            (next.kind === 'deliver' && accepted && next.from > before.lines) ||
            after.lines < before.lines,
        )
        expect(wrong).toEqual([])
      }),
    )
  })

  it('keeps its share of the host until its worker says that the machine is gone, or none ever was', () => {
    fc.assert(
      fc.property(fc.array(leaseStep, { maxLength: 40 }), (steps) => {
        const wrong = walk(steps).filter(({ step: next, before, after }) => {
          const isFreed =
            before.state === 'offered' || next.kind === 'free' || (next.kind === 'deliver' && next.last)
          return (before.occupied && !after.occupied && !isFreed) || (!before.occupied && after.occupied)
        })
        expect(wrong).toEqual([])
      }),
    )
  })
})
