/** When a host gets no more work. */
import { describe, expect, it } from 'vitest'
import { emptyRunState } from '../../../src/model/run-state.ts'
import { HostHealth } from '../../../src/run/schedule/host-health.ts'
import { Scheduler } from '../../../src/run/schedule/scheduler.ts'
import { makePlan } from '../../stand-ins/simulated-lab.ts'

function notes(...codes: readonly (string | undefined)[]): (string | undefined)[] {
  const health = new HostHealth(['h'])
  return codes.map((fault, index) =>
    health.note({
      host: 'h',
      cell: `cell-${index}`,
      arm: 'candidate',
      end: 'host-fault',
      clean: false,
      fault,
      isOnlyHost: false,
    }),
  )
}

it('drains a host after three faults of its own in a row', () => {
  expect(notes(undefined, 'HOST_START', 'HOST_MACHINE')).toEqual([
    undefined,
    undefined,
    expect.stringContaining("3 attempts ended by the host's fault"),
  ])
})

it('does not drain it for disks that could be had nowhere: one broken product must not end a run', () => {
  expect(notes('HOST_LAYER', 'HOST_IMAGE_DAMAGED', 'HOST_UNSETTLED', 'HOST_PACKAGES')).not.toContainEqual(
    expect.any(String),
  )
  expect(notes('HOST_TRANSFER_UNCLEAR', 'HOST_TRANSFER_UNCLEAR', 'HOST_TRANSFER_UNCLEAR')).not.toContainEqual(
    expect.any(String),
  )
  const between = notes('HOST_START', 'HOST_LAYER', 'HOST_START', 'HOST_LAYER', 'HOST_START')
  expect(between.map((because) => because !== undefined)).toEqual([false, false, false, false, true])
})

describe('the only host that can take the cells', () => {
  /** Whether it is drained by these ends, each `cell` or `cell arm`; `!` behind it for one that came through. */
  function isDrained(...ends: readonly string[]): boolean {
    const health = new HostHealth(['h'])
    return ends.some((text) => {
      const [cell = '', arm = 'candidate'] = text.replace('!', '').split(' ')
      const end = text.endsWith('!') ? ('completed' as const) : ('host-fault' as const)
      const outcome = { host: 'h', cell, end, clean: true, fault: 'HOST_CREATE', isOnlyHost: true }
      return health.note({ ...outcome, arm: arm as 'control' | 'candidate' }) !== undefined
    })
  }

  it('goes on after faults that did not repeat on one machine', () => {
    expect(isDrained('a', 'b', 'c', 'd', 'e', 'a control', 'b control')).toBe(false)
    expect(isDrained('a', 'a', 'b', 'b', 'c', 'c')).toBe(false)
  })

  it('goes on after one cell whose machine it cannot make, whichever arm', () => {
    expect(isDrained('a', 'a', 'a', 'a control', 'a control', 'a control')).toBe(false)
    expect(isDrained('a', 'a', 'a', 'b', 'c', 'b', 'd')).toBe(false)
    expect(isDrained('a', 'a', 'a', 'b!', 'c', 'c', 'c')).toBe(false)
  })

  it('is drained when it makes no machine', () => {
    expect(isDrained('a', 'a', 'a', 'b', 'b', 'b')).toBe(true)
    expect(isDrained('b', 'a', 'b control', 'a', 'c', 'b control', 'a', 'b control')).toBe(true)
  })
})

/** Hosts that are drained when every attempt ends with this fault of the host's. */
function drainedBy(code: string): string[] {
  const host = { name: 'h', provider: 'simulated', vcpus: 64, memoryMiB: 65_536, machines: 1 }
  const scheduler = new Scheduler({ plan: makePlan({ stages: [4] }), state: emptyRunState(), hosts: [host] })
  const drained: string[] = []
  for (let step = scheduler.next(); step.kind === 'start'; step = scheduler.next()) {
    drained.push(...step.drain.map(({ because }) => because))
    for (const { cell, arm, attempt } of step.start) {
      const key = { at: 0, cell: cell.id, arm, attempt }
      const fault = { code, fault: 'host', message: 'it did not install' } as const
      scheduler.note({ type: 'fault', ...key, phase: 'provision', fault })
      scheduler.note({ type: 'attempt-closed', ...key, end: 'host-fault' })
    }
  }
  return drained
}

it('goes on with the other cells when the disk of some cannot be made', () => {
  expect(drainedBy('HOST_LAYER')).toEqual([])
  expect(drainedBy('HOST_UNSETTLED')).toEqual([])
  expect(drainedBy('HOST_CHECKPOINT')).toHaveLength(1)
  expect(drainedBy('HOST_START')).toHaveLength(1)
})

it('tries a drained host again, one machine at a time, when somebody has seen to it', () => {
  const host = { name: 'h', provider: 'simulated', vcpus: 64, memoryMiB: 65_536, machines: 3 }
  const scheduler = new Scheduler({
    plan: makePlan({ stages: [12] }),
    state: emptyRunState(),
    // The other one is taken by what runs on it all the time.
    hosts: [host, { ...host, name: 'other', machines: 1 }],
    hostsComeLater: true,
  })
  scheduler.setPolicy({ carries: () => true, givesUp: () => undefined })
  const begun = (): ReturnType<typeof scheduler.next> => {
    const step = scheduler.next()
    return { ...step, start: step.start.filter((assignment) => assignment.host === 'h') }
  }
  const end = (step: ReturnType<typeof scheduler.next>, how: 'host-fault' | 'completed'): void => {
    for (const { cell, arm, attempt } of step.start) {
      const key = { at: 0, cell: cell.id, arm, attempt }
      scheduler.note({ type: 'attempt-closed', ...key, end: how })
    }
  }
  const first = begun()
  expect(first.start).toHaveLength(3)
  end(first, 'host-fault')
  const drained = begun()
  expect(drained.drain.map((entry) => entry.host)).toEqual(['h'])
  expect(drained.start).toEqual([])
  expect(begun().kind).toBe('wait')

  scheduler.hostRenewed('h')
  const canary = begun()
  expect(canary.start).toHaveLength(1)
  expect(begun().start).toEqual([])
  end(canary, 'host-fault')
  expect(begun()).toMatchObject({ start: [], drain: [], returned: [] })

  scheduler.hostRenewed('h')
  const second = begun()
  expect(second.start).toHaveLength(1)
  end(second, 'completed')
  const back = begun()
  expect(back.returned).toEqual(['h'])
  expect(back.start).toHaveLength(3)
  // A host that was never drained is not put on probation.
  end(back, 'completed')
  scheduler.hostRenewed('h')
  expect(begun().start.length).toBeGreaterThan(1)
})
