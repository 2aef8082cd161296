import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GuestLife } from '../../../../../src/plugins/providers/shared/qemu/guest-life.ts'
import type { MachineSignal } from '../../../../../src/sdk/provider.ts'

type Life = {
  readonly life: GuestLife
  readonly feed: (event: string, at: number, data?: object) => MachineSignal[]
}

function begun(os: 'linux' | 'windows' = 'linux'): Life {
  const life = new GuestLife(os)
  life.begin(0)
  return {
    life,
    feed: (event, at, data = {}) => life.take({ event, at, data: data as Record<string, unknown> }),
  }
}
const guestReset = { guest: true, reason: 'guest-reset' }

describe('what QEMU’s events say of a guest', () => {
  it('folds the firmware’s resets after one restart into one', () => {
    const { feed } = begun()
    const times = [10_000, 10_030, 10_200, 10_600, 11_900]
    expect(times.flatMap((at) => feed('RESET', at, guestReset)).map(({ kind }) => kind)).toEqual(['reset'])
    expect(feed('RESET', 12_001, guestReset)).toHaveLength(1)
  })

  it('keeps counting a machine that restarts without end at any pace', () => {
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 1900 }), (pace) => {
        const { feed } = begun()
        let count = 0
        for (let at = 5000; at < 65_000; at += pace) count += feed('RESET', at, guestReset).length
        expect(count).toBeGreaterThanOrEqual(60_000 / (2000 + pace) - 1)
      }),
    )
  })

  it('counts a reset after a panic even within the burst of the one before', () => {
    const { feed } = begun()
    const seen = [
      ...feed('RESET', 10_000, guestReset),
      ...feed('GUEST_PANICKED', 10_500, { action: 'pause' }),
      ...feed('RESET', 11_000, guestReset),
      ...feed('RESET', 11_100, guestReset),
    ]
    expect(seen.map(({ kind }) => kind)).toEqual(['reset', 'crash', 'reset'])
  })

  it('calls only the restart asked for that was: not one that a panic made', () => {
    const { life, feed } = begun()
    life.expectRestart()
    expect(feed('RESET', 10_000, guestReset)).toMatchObject([{ kind: 'reset', asked: true }])
    expect(feed('RESET', 20_000, guestReset)).toMatchObject([{ asked: false }])
    life.expectRestart()
    feed('GUEST_PANICKED', 30_000)
    expect(feed('RESET', 31_000, guestReset)).toMatchObject([{ asked: false }])
    expect(feed('RESET', 40_000, { guest: false, reason: 'host-qmp-system-reset' })).toMatchObject([
      { asked: true },
    ])
  })

  it('tells one crash a start, however often the guest rings', () => {
    const { feed } = begun()
    const step = Array.from({ length: 50 }, (_, index) => feed('GUEST_PANICKED', 5000 + index)).flat()
    expect(step.map(({ kind }) => kind)).toEqual(['crash'])
  })

  it('reads a stop code with all its digits', () => {
    const { feed } = begun('windows')
    const info = { type: 'hyper-v', arg1: 0x50, arg2: '18446735281905733632', arg3: 0, arg4: 2, arg5: 0 }
    expect(feed('GUEST_PANICKED', 1, { info })).toEqual([
      {
        kind: 'crash',
        mechanism: 'bugcheck',
        code: '0x00000050',
        parameters: [`0x${18446735281905733632n.toString(16)}`, '0x00000000', '0x00000002', '0x00000000'],
        at: 1,
      },
    ])
  })

  it('blames the host for a full disk, once', () => {
    const { feed } = begun()
    const seen = [1, 2, 3].flatMap((at) => feed('BLOCK_IO_ERROR', at, { nospace: true, reason: 'No space' }))
    expect(seen.map((signal) => ('code' in signal ? signal.code : signal.kind))).toEqual([
      'power',
      'HOST_DISK_FULL',
    ])
  })

  it('listens to the agent’s port alone', () => {
    const { life, feed } = begun()
    expect(feed('VSERPORT_CHANGE', 1, { id: 'other', open: true })).toEqual([])
    expect(feed('VSERPORT_CHANGE', 2, { id: 'agent0', open: true }).map(({ kind }) => kind)).toEqual([
      'agent',
      'milestone',
    ])
    expect(life.agentOpen).toBe(true)
    expect(feed('RESET', 9000, guestReset).map(({ kind }) => kind)).toEqual(['agent', 'reset'])
  })

  it('survives any event with any content', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('RESET', 'GUEST_PANICKED', 'SHUTDOWN', 'VSERPORT_CHANGE', 'BLOCK_IO_ERROR', 'X'),
        fc.dictionary(fc.constantFrom('reason', 'info', 'id', 'open', 'nospace', 'msg'), fc.anything()),
        (event, data) => {
          expect(() => begun().feed(event, 1, data)).not.toThrow()
        },
      ),
    )
  })
})
