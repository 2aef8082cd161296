/** Which cells go on from a checkpoint is decided by the plan, and said in it. */
import { describe, expect, it } from 'vitest'
import { planMatrix } from '../../src/app/plan-matrix.ts'
import type { PlanRequest } from '../../src/app/plan-request.ts'
import type { LoadedCandidate } from '../../src/model/candidate.ts'
import type { Plan } from '../../src/model/plan.ts'
import type { HostOffer } from '../../src/plan/feasibility.ts'
import { refuseSavedState } from '../../src/plugins/providers/shared/qemu/saved-state.ts'

const bare: HostOffer = {
  name: 'here',
  provider: 'qemu',
  os: ['linux'],
  vcpus: 8,
  memoryMiB: 8192,
  allowNetwork: false,
  takesProducts: true,
  refusals: () => Promise.resolve([]),
}
const offer: HostOffer = { ...bare, checkpointRefusals: refuseSavedState }

const candidate = (kind: LoadedCandidate['kind']): LoadedCandidate => ({
  version: 1,
  id: 'update',
  release: '1',
  kind,
  files: [{ path: 'a', sha256: 'a'.repeat(64) }],
  folder: '/candidate',
  sha256: 'b'.repeat(64),
})

async function plan(
  start: 'checkpoint' | 'boot' | undefined,
  changes: Partial<PlanRequest> = {},
): Promise<Plan> {
  const disk = (bus: 'virtio' | 'nvme') => ({ id: bus, machine: { disk: { bus } } })
  return await planMatrix({
    loaded: {
      matrix: {
        version: 1,
        id: 'm',
        axes: { disk: { values: [disk('virtio'), disk('nvme')] } },
        defaults: { image: 'linux' },
        strength: 1,
        stages: [{ id: 'all', full: true, ...(start === undefined ? {} : { start }) }],
      },
      file: '/m.yaml',
      sha256: 'c'.repeat(64),
    },
    lab: {
      version: 1,
      hosts: [{ name: 'here', provider: 'qemu', capacity: { vcpus: 8, memoryMiB: 8192, machines: 1 } }],
      images: [{ id: 'linux', kind: 'linux-micro', os: 'linux' }],
      file: '/lab.yaml',
      folder: '/',
      storeFolder: '/store',
      sha256: 'd'.repeat(64),
    },
    products: new Map(),
    offers: [offer],
    checks: [],
    candidate: candidate('content'),
    seed: 1,
    effort: 0,
    isolate: 0,
    toolVersion: '0',
    ...changes,
  })
}

const startsOf = ({ cells }: Plan): Record<string, unknown> =>
  Object.fromEntries(cells.map(({ configuration, start }) => [configuration['disk'] ?? '', start]))

describe('the first start of a planned cell', () => {
  it('is a boot, and nothing is said, unless the stage asks for checkpoints', async () => {
    for (const start of [undefined, 'boot'] as const)
      expect(startsOf(await plan(start))).toEqual({ virtio: undefined, nvme: undefined })
  })

  it('goes on from a checkpoint where the machine can be saved, and says why where it cannot', async () => {
    const planned = await plan('checkpoint')
    const because = 'QEMU’s NVMe disk cannot be saved while it runs'
    expect(startsOf(planned)).toEqual({ virtio: { from: 'checkpoint' }, nvme: { from: 'boot', because } })
    expect(planned.warnings).toEqual([`1 cells boot instead of starting from a checkpoint: ${because}`])
  })

  it('is a boot for everything but content', async () => {
    for (const kind of ['driver', 'script', 'exe'] as const)
      expect(startsOf(await plan('checkpoint', { candidate: candidate(kind) }))).toEqual({
        virtio: undefined,
        nvme: undefined,
      })
  })

  it('is a boot on hosts that save no machines', async () => {
    const because = 'qemu saves no running machines'
    expect(startsOf(await plan('checkpoint', { offers: [bare] }))).toEqual({
      virtio: { from: 'boot', because },
      nvme: { from: 'boot', because },
    })
  })

  it('changes the control of exactly the cells that go on from one, and no cell’s identity', async () => {
    const [booted, lane] = [await plan('boot'), await plan('checkpoint')]
    expect(lane.cells.map(({ id }) => id)).toEqual(booted.cells.map(({ id }) => id))
    const changed = lane.cells.filter(({ id, controlKey }) =>
      booted.cells.some((cell) => cell.id === id && cell.controlKey !== controlKey),
    )
    expect(changed.map(({ configuration }) => configuration['disk'])).toEqual(['virtio'])
  })
})
