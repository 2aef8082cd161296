import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Configuration, Matrix } from '../../src/model/matrix.ts'
import { measureCoverage } from '../../src/plan/coverage.ts'
import { planConfigurations } from '../../src/plan/plan-configurations.ts'
import type { PlannedConfigurations } from '../../src/plan/plan-configurations.ts'

const values = (...ids: string[]) => ({ values: ids.map((id) => ({ id })) })
const lab: Matrix = {
  version: 1,
  id: 'lab',
  axes: {
    build: {
      values: [
        { id: 'win10', attributes: { release: 19045 } },
        { id: 'win11', attributes: { release: 26100 }, weight: 6 },
        { id: 'server2016', attributes: { release: 14393 } },
      ],
    },
    tpm: values('none', 'tpm2'),
    products: {
      values: [{ id: 'plain' }, { id: 'suite', products: ['a', 'b'] }, { id: 'av', products: ['a'] }],
    },
    language: values('en', 'de', 'ja'),
  },
  constraints: [{ rule: 'IF [build] = "server2016" THEN [tpm] = "none";', reason: 'no vTPM before 2019' }],
}
const options = { seed: 1, effort: 0.05 }

function configurations(plan: PlannedConfigurations): Configuration[] {
  return plan.stages.flatMap((stage) => stage.cells.map((cell) => cell.configuration))
}

describe('a plan', () => {
  test('runs a smoke, then every pair, and repeats no cell', () => {
    const plan = planConfigurations(lab, options)
    expect(plan.stages.map((stage) => stage.id)).toEqual(['smoke', 'pairwise'])
    const cells = configurations(plan)
    expect(new Set(cells.map((cell) => JSON.stringify(cell))).size).toBe(cells.length)
    expect(plan.coverage.strengths[1]).toMatchObject({ strength: 2, share: 1, infeasible: 1 })
    expect(plan.lowerBound).toBe(9)
    expect(plan.provedMinimal).toBe(cells.length === 9)
    expect(plan.infeasible).toEqual({
      count: 1,
      listed: [{ values: { build: 'server2016', tpm: 'tpm2' }, reasons: ['no vTPM before 2019'] }],
    })
  })

  test('gives a soak stage behind the last one the riskiest of its cells, and plans none besides', () => {
    const staged = (...stages: NonNullable<Matrix['stages']>): PlannedConfigurations =>
      planConfigurations({ ...lab, stages }, options)
    const short = staged({ id: 'smoke', cells: 2 }, { id: 'pairs', strength: 2 })
    const long = staged(
      { id: 'smoke', cells: 2 },
      { id: 'pairs', strength: 2 },
      { id: 'soak', cells: 3, soakSeconds: 4200 },
    )
    expect(long.stages.map(({ cells }) => cells.length)).toEqual([2, configurations(short).length - 5, 3])
    expect(new Set(configurations(long))).toEqual(new Set(configurations(short)))
    const alone = staged({ id: 'soak', cells: 3, soakSeconds: 4200 })
    expect(alone.stages[0]?.cells).toHaveLength(3)
    const after = staged({ id: 'smoke', cells: 2 }, { id: 'soak', cells: 2, soakSeconds: 4200 })
    expect(after.stages.map(({ cells }) => cells.length)).toEqual([2, 2])
  })

  test('starts with the ends of the builds, a server and the richest product set', () => {
    const [smoke] = planConfigurations(lab, options).stages
    const held = new Set(smoke!.cells.flatMap((cell) => Object.values(cell.configuration)))
    for (const value of ['server2016', 'win11', 'suite']) expect(held).toContain(value)
    expect(smoke!.cells.map((cell) => cell.purpose).join()).toMatch(
      /a server.*most products|most products.*a server/,
    )
  })

  test('is the same, byte for byte, for the same seed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const once = JSON.stringify(planConfigurations(lab, { seed, effort: 0.01 }))
        expect(JSON.stringify(planConfigurations(lab, { seed, effort: 0.01 }))).toBe(once)
      }),
      { numRuns: 10 },
    )
  })

  test('covers a later stage beside the earlier ones, and a full stage is everything', () => {
    const stages = [
      { id: 'smoke', strength: 1 },
      { id: 'pairs', strength: 2 },
      { id: 'all', full: true },
    ]
    const plan = planConfigurations({ ...lab, stages }, options)
    expect(plan.stages[0]!.cells).toHaveLength(3)
    const cells = configurations(plan)
    expect(cells).toHaveLength(2 * 2 * 9 + 9)
    const pairs = plan.stages.slice(0, 2).flatMap((stage) => stage.cells.map((cell) => cell.configuration))
    expect(measureCoverage(lab, pairs, { strengths: [2] }).strengths[0]!.share).toBe(1)
  })

  test('takes a higher strength for the deepest stage when asked', () => {
    const plan = planConfigurations(lab, { ...options, strength: 3 })
    expect(plan.coverage.strengths[2]!.share).toBe(1)
  })

  test('runs its seeds', () => {
    const seed = { build: 'win11', tpm: 'tpm2', products: 'suite', language: 'ja' }
    expect(configurations(planConfigurations({ ...lab, seeds: [seed] }, options))).toContainEqual(seed)
  })

  test('after a passed run plans nothing, and after a change only what the change touches', () => {
    const passed = configurations(planConfigurations(lab, options))
    const same = planConfigurations(lab, { ...options, since: passed })
    expect(configurations(same)).toHaveLength(0)
    expect(same.warnings.join()).toContain('nothing is new')
    const changed = configurations(
      planConfigurations(lab, { ...options, since: passed, changed: { products: ['av'] } }),
    )
    expect(changed.length).toBeGreaterThanOrEqual(3)
    for (const cell of changed) expect(cell['products']).toBe('av')
    expect(changed.length).toBeLessThan(passed.length)
  })

  test('prefers what customers have where coverage leaves a choice', () => {
    const cells = configurations(planConfigurations(lab, { seed: 3, effort: 0.05 }))
    const count = (build: string) => cells.filter((cell) => cell['build'] === build).length
    expect(count('win11')).toBeGreaterThanOrEqual(count('win10'))
  })
})

describe('include and exclude, as in GitHub Actions', () => {
  const matrix: Matrix = {
    version: 1,
    id: 'actions',
    axes: { fruit: values('apple', 'pear'), animal: values('cat', 'dog') },
    stages: [{ id: 'all', full: true }],
  }
  const plan = (more: Partial<Matrix>) => configurations(planConfigurations({ ...matrix, ...more }, options))

  test('extends what it matches, lets later entries overwrite added keys but never axis values, and adds the rest', () => {
    const include = [
      { color: 'green' },
      { color: 'pink', animal: 'cat' },
      { fruit: 'apple', shape: 'circle' },
    ]
    const cells = plan({ include })
    expect(cells).toHaveLength(4)
    expect(cells).toContainEqual({ fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' })
    expect(cells).toContainEqual({ fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' })
    expect(cells).toContainEqual({ fruit: 'pear', animal: 'cat', color: 'pink' })
    expect(cells).toContainEqual({ fruit: 'pear', animal: 'dog', color: 'green' })
  })

  test('excludes partial matches first, so that an include can bring one back', () => {
    const cells = plan({
      exclude: [{ fruit: 'pear' }],
      include: [{ fruit: 'pear', animal: 'cat', note: 'kept' }],
    })
    expect(cells).toHaveLength(3)
    expect(cells).toContainEqual({ fruit: 'pear', animal: 'cat', note: 'kept' })
  })
})
