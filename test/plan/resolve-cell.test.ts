import { expect, it } from 'vitest'
import type { Matrix } from '../../src/model/matrix.ts'
import { resolveCell } from '../../src/plan/resolve-cell.ts'

const LEASE = { name: 'lease', command: { program: '/bin/lease', arguments: [] } }
const matrix: Matrix = {
  version: 1,
  id: 'm',
  defaults: { machine: { memoryMiB: 512, cpu: { model: 'qemu64' } }, products: ['base'] },
  axes: {
    build: { values: [{ id: 'new', image: 'w11' }] },
    cpu: {
      values: [
        { id: 'avx', machine: { cpu: { model: 'max' } } },
        { id: 'two', machine: { cpu: { count: 2 } } },
      ],
    },
    memory: {
      values: [
        { id: 'big', machine: { memoryMiB: 2048 } },
        { id: 'same', machine: { cpu: { model: 'EPYC' } } },
      ],
    },
    products: { values: [{ id: 'edr', products: ['edr', 'base'], use: [LEASE] }] },
  },
}

it('the values’ parts are merged over the defaults, field by field', () => {
  expect(resolveCell(matrix, { build: 'new', cpu: 'two', memory: 'big', products: 'edr' })).toEqual({
    machine: { cpu: { count: 2, model: 'qemu64' }, memoryMiB: 2048 },
    image: 'w11',
    products: ['base', 'edr'],
    uses: [LEASE],
    conflicts: [],
  })
})

it('two values that decide one field differently are a conflict that names both', () => {
  expect(
    resolveCell(matrix, { build: 'new', cpu: 'avx', memory: 'same', products: 'edr' }).conflicts,
  ).toEqual(['cpu.model: cpu=avx and memory=same'])
})
