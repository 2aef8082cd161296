/** Which machines Hyper-V saves while they run, and how the host's looks at one that was restored are read. */
import { describe, expect, it } from 'vitest'
import { MachineLife, type MachineLook } from '../../../../src/plugins/providers/hyper-v/machine-life.ts'
import { createParameters } from '../../../../src/plugins/providers/hyper-v/machine-plan.ts'
import { parseHyperVOptions } from '../../../../src/plugins/providers/hyper-v/hyper-v-options.ts'
import { refuseSavedState } from '../../../../src/plugins/providers/hyper-v/saved-state.ts'
import type { MachineSpec } from '../../../../src/sdk/provider.ts'

const look = (state: string): MachineLook => ({ state, heartbeat: '', nonce: null, setup: null })

describe('a saved state of Hyper-V', () => {
  it('is refused where a restored machine would be another', () => {
    expect(refuseSavedState({})).toEqual([])
    expect(refuseSavedState({ tpm: 'none', network: { access: 'isolated' } })).toEqual([])
    expect(refuseSavedState({ tpm: '2.0' })).toHaveLength(1)
    expect(refuseSavedState({ nestedVirtualization: true, clock: '2026-01-31T12:00:00Z' })).toHaveLength(2)
    expect(refuseSavedState({ network: { access: 'open' } })).toHaveLength(1)
  })

  it('is seen saved without alarm until it is started, and an alarm in any other machine', () => {
    const restored = new MachineLife('vm')
    restored.beginSaved()
    expect(restored.take(look('Saved'), [], 1)).toEqual([])
    restored.expectStart()
    expect(restored.take(look('Running'), [], 2)).toEqual([
      { kind: 'power', state: 'running', cause: 'asked', at: 2 },
    ])
    expect(restored.take(look('Saved'), [], 3)).toEqual([
      { kind: 'power', state: 'saved', cause: 'host', at: 3 },
    ])
    expect(new MachineLife('vm').take(look('Saved'), [], 1)).toEqual([
      { kind: 'power', state: 'saved', cause: 'host', at: 1 },
    ])
  })

  it('is the parent of the machine’s disk, and its configuration is found among its files', () => {
    const ref = { provider: 'hyper-v', host: 'h', run: 'r', cell: 'c', arm: 'control', attempt: 1 } as const
    const spec: MachineSpec = {
      ref: { ...ref, name: 'rz-vm', details: {} },
      source: { sha256: 'a'.repeat(64), os: 'windows', disk: '/image.vhdx', diskFormat: 'vhdx' },
      profile: { cpu: { count: 1 }, memoryMiB: 512 },
      folder: '/machine',
      allowNetwork: false,
    }
    const savedState = {
      disk: '/saved/disk.vhdx',
      diskFormat: 'vhdx',
      memory: '/saved/Virtual Machines/ID.vmrs',
      further: ['/saved/Virtual Machines/ID.vmgs', '/saved/Virtual Machines/ID.vmcx'],
    } as const
    const options = parseHyperVOptions('h', {})
    expect(createParameters(spec, options)).toMatchObject({ parent: '/image.vhdx', configuration: null })
    expect(createParameters({ ...spec, savedState }, options)).toMatchObject({
      parent: '/saved/disk.vhdx',
      configuration: '/saved/Virtual Machines/ID.vmcx',
    })
  })
})
