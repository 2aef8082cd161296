/** Hosts are never lent twice, and among runs somebody always may start. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitsBeside, mayStart } from '../../src/fleet/admission.ts'

const contenders = fc
  .array(fc.record({ priority: fc.integer({ min: -2, max: 2 }), waiting: fc.nat(3), held: fc.nat(5) }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((runs) => runs.map((run, index) => ({ run: `r${index}`, ...run })))

describe('mayStart', () => {
  it('lets some run that waits start, whoever else is there', () => {
    fc.assert(
      fc.property(contenders, (runs) => {
        const hungry = runs.filter(({ waiting }) => waiting > 0)
        fc.pre(hungry.length > 0)
        expect(hungry.some((run) => mayStart(run, runs))).toBe(true)
      }),
    )
  })

  it('lets no run pass one that waits with a higher priority, or with the same and fewer places', () => {
    fc.assert(
      fc.property(contenders, (runs) => {
        const passed = runs
          .filter((entry) => mayStart(entry, runs))
          .flatMap((run) =>
            runs.filter(
              (other) =>
                other.run !== run.run &&
                other.waiting > 0 &&
                (other.priority > run.priority || (other.priority === run.priority && other.held < run.held)),
            ),
          )
        expect(passed).toEqual([])
      }),
    )
  })
})

describe('fitsBeside', () => {
  it('never lends more than there is, in whatever order machines come', () => {
    const need = fc.record({
      vcpus: fc.integer({ min: 1, max: 4 }),
      memoryMiB: fc.integer({ min: 1, max: 4096 }),
    })
    fc.assert(
      fc.property(fc.array(need, { maxLength: 30 }), (needs) => {
        const room = { vcpus: 8, memoryMiB: 8192, machines: 4 }
        const taken = { vcpus: 0, memoryMiB: 0, machines: 0 }
        for (const machine of needs) {
          if (!fitsBeside(room, taken, machine)) continue
          taken.vcpus += machine.vcpus
          taken.memoryMiB += machine.memoryMiB
          taken.machines += 1
        }
        expect(taken.vcpus).toBeLessThanOrEqual(8)
        expect(taken.memoryMiB).toBeLessThanOrEqual(8192)
        expect(taken.machines).toBeLessThanOrEqual(4)
      }),
    )
  })
})
