import { expect, it } from 'vitest'
import { serialMilestone } from '../../../src/run/attempt/serial-milestone.ts'

it('reads the furthest point that a start reached from what the machine wrote', () => {
  expect(serialMilestone('')).toBe('power')
  expect(serialMilestone('SeaBIOS (version 1.16)\n')).toBe('firmware')
  expect(serialMilestone('[    0.000000] Linux version 6.1\n')).toBe('kernel')
  expect(
    serialMilestone('ringzero: milestone kernel\nringzero: milestone agent\nKernel panic - not syncing: x\n'),
  ).toBe('agent')
  expect(serialMilestone('a text that says ringzero: milestone services in passing\n')).toBe('power')
})
