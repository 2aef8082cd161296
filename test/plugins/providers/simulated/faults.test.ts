/** Which simulated machines misbehave. */
import { describe, expect, it } from 'vitest'
import { faultsOf, parseSimulatedOptions } from '../../../../src/plugins/providers/simulated/faults.ts'
import type { MachineSpec } from '../../../../src/sdk/provider.ts'

function spec(changes: Partial<MachineSpec> & { readonly cell?: string } = {}): MachineSpec {
  const { cell = 'abc', ...rest } = changes
  return {
    ref: {
      provider: 'simulated',
      host: 'h',
      run: 'r',
      cell,
      arm: 'candidate',
      attempt: 1,
      name: 'n',
      details: {},
    },
    source: { sha256: '', os: 'linux', disk: '', diskFormat: 'raw' },
    profile: { cpu: { count: 2 }, memoryMiB: 512, disk: { bus: 'nvme' } },
    folder: '',
    allowNetwork: false,
    configuration: { build: 'b1', bus: 'nvme' },
    products: ['sensor'],
    ...rest,
  }
}

function behaviours(when: object, machine = spec()): string[] {
  const options = parseSimulatedOptions('h', { faults: [{ when, behaviour: 'hang' }] })
  return faultsOf(options, machine).map(({ behaviour }) => behaviour)
}

describe('a scripted fault', () => {
  it('meets the machines that match all it names', () => {
    expect(behaviours({})).toEqual(['hang'])
    expect(behaviours({ configuration: { build: 'b1' }, products: ['sensor'] })).toEqual(['hang'])
    expect(behaviours({ configuration: { build: ['b0', 'b1'] } })).toEqual(['hang'])
    expect(behaviours({ machine: { 'disk.bus': 'nvme', 'cpu.count': 2 } })).toEqual(['hang'])
  })

  it('spares a machine that differs in one of them', () => {
    expect(behaviours({ configuration: { build: 'b2' } })).toEqual([])
    expect(behaviours({ configuration: { absent: 'x' } })).toEqual([])
    expect(behaviours({ configuration: { build: 'b1' }, products: ['other'] })).toEqual([])
    expect(behaviours({ machine: { 'disk.bus': 'ide' } })).toEqual([])
    expect(behaviours({ products: ['sensor'] }, spec({ products: [] }))).toEqual([])
  })

  it('with a probability meets about that share, and the same ones each time', () => {
    const options = parseSimulatedOptions('h', {
      seed: 5,
      faults: [{ behaviour: 'panic', probability: 0.3 }],
    })
    const met = (): boolean[] =>
      Array.from({ length: 1000 }, (_, index) => faultsOf(options, spec({ cell: `c${index}` })).length > 0)
    expect(met()).toEqual(met())
    const share = met().filter(Boolean).length / 1000
    expect(share).toBeGreaterThan(0.25)
    expect(share).toBeLessThan(0.35)
  })

  it('needs the candidate in the machine, unless it is the host’s own', () => {
    const options = parseSimulatedOptions('h', {
      faults: [{ behaviour: 'hang' }, { behaviour: 'host-fault' }, { behaviour: 'panic', needs: 'always' }],
    })
    expect(faultsOf(options, spec()).map(({ needsCandidate }) => needsCandidate)).toEqual([
      true,
      false,
      false,
    ])
  })
})

it('names the option that is wrong', () => {
  expect(() => parseSimulatedOptions('h1', { faults: [{ behaviour: 'explode' }] })).toThrow('host "h1"')
  expect(() => parseSimulatedOptions('h1', { falts: [] })).toThrow('options')
})
