/** When a host gets no more work. */
import { expect, it } from 'vitest'
import { emptyRunState } from '../../../src/model/run-state.ts'
import { HostHealth } from '../../../src/run/schedule/host-health.ts'
import { Scheduler } from '../../../src/run/schedule/scheduler.ts'
import { makePlan } from '../../stand-ins/simulated-lab.ts'

function notes(...codes: readonly (string | undefined)[]): (string | undefined)[] {
  const health = new HostHealth(['h'])
  return codes.map((code) => health.note('h', 'candidate', 'host-fault', false, code))
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
