/** What an image's disk and a machine must have in common is told before anything starts. */
import { describe, expect, it } from 'vitest'
import type { MachineProfile } from '../../src/model/machine-profile.ts'
import { imageRefusals, matchHost, type HostOffer } from '../../src/plan/feasibility.ts'

const machine = (change: Partial<MachineProfile>): MachineProfile => ({
  cpu: { count: 2 },
  memoryMiB: 4096,
  ...change,
})
const uefi = { generation: 2, sizeGiB: 64 } as const

const host: HostOffer = {
  name: 'here',
  provider: 'bare',
  os: ['linux'],
  vcpus: 4,
  memoryMiB: 8192,
  allowNetwork: false,
  takesProducts: false,
  refusals: () => Promise.resolve([]),
}

describe('a host whose machines cannot be sealed', () => {
  it('runs a cell without products', async () => {
    expect(await matchHost({ machine: machine({}), os: 'linux', products: [] }, [host])).toEqual({ host })
  })

  it('is refused by the plan for a cell with products, whose layer it cannot build', async () => {
    expect(await matchHost({ machine: machine({}), os: 'linux', products: ['av', 'vpn'] }, [host])).toEqual({
      reasons: ['here: bare cannot seal disks, which the layer of av, vpn needs'],
    })
  })
})

describe('an image and a machine', () => {
  it('fit when generation and disk size do', () => {
    expect(imageRefusals(machine({}), uefi)).toEqual([])
    expect(imageRefusals(machine({ generation: 2, disk: { sizeGiB: 64 } }), uefi)).toEqual([])
    expect(imageRefusals(machine({ firmware: 'bios' }), { ...uefi, generation: 1 })).toEqual([])
  })

  it('do not fit when the image is partitioned for the other generation, or larger than the disk', () => {
    expect(imageRefusals(machine({ firmware: 'bios', disk: { sizeGiB: 40 } }), uefi)).toEqual([
      'a generation 1 machine (BIOS) does not start from an image that is partitioned for generation 2 (UEFI)',
      'the machine’s disk of 40 GiB is smaller than the image’s 64 GiB',
    ])
    expect(imageRefusals(machine({}), { ...uefi, generation: 1 })).toHaveLength(1)
  })
})
