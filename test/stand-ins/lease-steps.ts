import fc from 'fast-check'
import type { LeaseStep } from '../../src/fleet/lease.ts'

/** Any step in the life of a lease; it is taken more often than anything else happens to it. */
export const leaseStep: fc.Arbitrary<LeaseStep> = fc.oneof(
  fc.constantFrom<LeaseStep>(
    { kind: 'take' },
    { kind: 'take' },
    { kind: 'beat' },
    { kind: 'lose' },
    { kind: 'withdraw' },
    { kind: 'cancel' },
    { kind: 'free' },
  ),
  fc.record({
    kind: fc.constant('deliver' as const),
    from: fc.nat(4),
    count: fc.integer({ min: 1, max: 3 }),
    last: fc.boolean(),
  }),
)
