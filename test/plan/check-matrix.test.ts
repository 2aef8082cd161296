import { expect, test } from 'vitest'
import type { Matrix, MatrixConstraint } from '../../src/model/matrix.ts'
import { checkMatrix } from '../../src/plan/check-matrix.ts'

const values = (...ids: string[]) => ({ values: ids.map((id) => ({ id })) })
const matrix: Matrix = {
  version: 1,
  id: 'checked',
  axes: {
    build: values('win10', 'win11', 'server'),
    tpm: values('none', 'tpm2'),
    disk: values('ide', 'nvme'),
  },
}
const withConstraints = (...constraints: MatrixConstraint[]) => checkMatrix({ ...matrix, constraints })

test('a sound matrix has no problems', () => {
  expect(withConstraints({ rule: 'IF [build] = "win11" THEN [tpm] = "tpm2";' })).toEqual([])
})

test('a stage cannot have the name that cells which a run adds have', () => {
  for (const id of ['isolation', 'isolation-1'])
    expect(checkMatrix({ ...matrix, stages: [{ id: 'smoke' }, { id }] })).toMatchObject([
      { path: ['stages', 1, 'id'], hint: 'rename it' },
    ])
  expect(checkMatrix({ ...matrix, stages: [{ id: 'isolate' }] })).toEqual([])
})

test('a misspelt name in a rule is found at its place, with the nearest spelling', () => {
  expect(withConstraints({ rule: '[disk] = "ide" OR\n  [biuld] = "win11"' })).toEqual([
    {
      path: ['constraints', 0, 'rule'],
      line: 2,
      column: 3,
      message: 'there is no axis "biuld"',
      hint: 'did you mean "build"?',
    },
  ])
  expect(withConstraints({ when: { build: ['win10', 'win12'] }, forbid: { tmp: 'none' } })).toMatchObject([
    { path: ['constraints', 0, 'when', 'build', 1], hint: 'did you mean "win10"?' },
    { path: ['constraints', 0, 'forbid', 'tmp'], hint: 'did you mean "tpm"?' },
  ])
})

test('a contradiction names the smallest set of constraints behind it, and no others', () => {
  const problems = withConstraints(
    { rule: '[disk] = "nvme" OR [build] <> "win10";' },
    { when: { build: 'win11' }, require: { tpm: 'tpm2' } },
    { when: { tpm: 'tpm2' }, require: { disk: 'nvme' } },
    { when: { build: 'win11' }, forbid: { disk: 'nvme' } },
  )
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatchObject({
    path: ['axes', 'build', 'values', 1],
    because: [
      ['constraints', 1],
      ['constraints', 2],
      ['constraints', 3],
    ],
  })
})

test('a matrix without any configuration says which constraints leave none', () => {
  const problems = withConstraints(
    { require: { disk: 'ide' } },
    { rule: '[tpm] = "none"' },
    { forbid: { disk: 'ide' } },
  )
  expect(problems).toMatchObject([
    {
      because: [
        ['constraints', 0],
        ['constraints', 2],
      ],
    },
  ])
})

test('a value that is plainly excluded is no contradiction', () => {
  expect(checkMatrix({ ...matrix, exclude: [{ build: 'server' }] })).toEqual([])
})

test('seeds, groups, strengths and stages are checked', () => {
  const broken = {
    ...matrix,
    strength: 4,
    seeds: [{ build: 'win95' }],
    groups: [{ axes: ['build', 'dsik'], strength: 3 }],
    stages: [
      { id: 'one', strength: 1 },
      { id: 'one', strength: 2 },
    ],
  }
  expect(checkMatrix(broken).map(({ path }) => path.join('.'))).toEqual(['stages.1.id'])
  expect(checkMatrix({ ...broken, stages: [] }).map(({ path }) => path.join('.'))).toEqual([
    'strength',
    'groups.0.strength',
    'groups.0.axes.1',
    'seeds.0.build',
  ])
})

test('a constraint whose boxes would explode is refused instead of planned with', () => {
  const axes = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`a${at}`, values('x', 'y', 'z')]))
  const rule = `NOT (${Array.from({ length: 20 }, (_, at) => `([a${2 * at}] = "x" OR [a${2 * at + 1}] = "y")`).join(' AND ')})`
  expect(checkMatrix({ ...matrix, axes, constraints: [{ rule }] })).toMatchObject([
    { path: ['constraints', 0] },
  ])
})
