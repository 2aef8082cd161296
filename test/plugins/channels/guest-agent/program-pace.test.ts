import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProgramPace } from '../../../../src/plugins/channels/guest-agent/program-pace.ts'

const probe = { program: '/bin/sh', arguments: ['-c', 'services'] }
const other = { program: '/bin/sh', arguments: ['-c', 'drivers'] }

/** How often one looks at a program that takes so long, and when its end is seen. */
function looks(
  pace: ProgramPace,
  request: typeof probe,
  milliseconds: number,
): { count: number; at: number } {
  let at = 0
  let count = 0
  for (const pause of pace.pauses(request)) {
    at += pause
    count += 1
    if (at >= milliseconds) break
  }
  pace.ended(request, at)
  return { count, at }
}

describe('the pace of looks at a program in the guest', () => {
  it('asks soon and then ever more seldom while it knows nothing', () => {
    const { count, at } = looks(new ProgramPace(), probe, 300)
    expect(count).toBeGreaterThan(5)
    expect(at).toBeLessThan(450)
  })

  it('asks a program that it knows after most of its time, and its end is seen soon after', () => {
    const pace = new ProgramPace()
    looks(pace, probe, 300)
    const again = looks(pace, probe, 300)
    expect(again.count).toBeLessThanOrEqual(4)
    expect(again.at).toBeLessThan(450)
  })

  it('does not wait long for a quick program because another one is slow', () => {
    const pace = new ProgramPace()
    looks(pace, probe, 5)
    looks(pace, other, 4000)
    expect(looks(pace, { program: '/bin/true', arguments: [] }, 5).at).toBeLessThan(20)
  })

  it('forgets a slow day: a program that got quick is soon asked early again', () => {
    const pace = new ProgramPace()
    looks(pace, probe, 4000)
    for (let turn = 0; turn < 60; turn += 1) looks(pace, probe, 1)
    expect(looks(pace, probe, 1).at).toBeLessThan(20)
  })

  it('never pauses for more than half a second, and never less than it takes to answer', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 20 }), (took) => {
        const pace = new ProgramPace()
        for (const one of took) pace.ended(probe, one)
        const pauses = pace.pauses(probe)
        for (let turn = 0; turn < 30; turn += 1) {
          const pause = pauses.next().value
          expect(pause).toBeGreaterThanOrEqual(8)
          expect(pause).toBeLessThanOrEqual(500)
        }
      }),
    )
  })
})
