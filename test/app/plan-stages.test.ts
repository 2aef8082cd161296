/** Which stages a candidate goes through, and how long the machines of each are watched. */
import { describe, expect, it } from 'vitest'
import type { PlanRequest } from '../../src/app/plan-request.ts'
import { planMatrix } from '../../src/app/plan-matrix.ts'
import type { Plan } from '../../src/model/plan.ts'
import { loadedCandidate } from '../stand-ins/loaded-packages.ts'

const values = (...ids: string[]) => ({ values: ids.map((id) => ({ id })) })

function planFor(kind?: 'content' | 'msi', soakSeconds = 4200): Promise<Plan> {
  const request: PlanRequest = {
    loaded: {
      matrix: {
        version: 1,
        id: 'm',
        axes: { a: values('x', 'y', 'z'), b: values('x', 'y', 'z') },
        stages: [
          { id: 'pairs', strength: 2 },
          { id: 'soak', title: 'an hour', cells: 2, soakSeconds, path: 'package' },
        ],
        soakSeconds: 60,
      },
      file: '/m.yaml',
      sha256: 'c'.repeat(64),
    },
    products: new Map(),
    offers: [],
    checks: [],
    ...(kind === undefined
      ? {}
      : { candidate: loadedCandidate('x', { kind, files: [{ path: 'x', sha256: 'a'.repeat(64) }] }) }),
    seed: 1,
    effort: 0,
    isolate: 0,
    toolVersion: '0',
  }
  return planMatrix(request)
}

const stagesOf = ({ stages }: Plan): string[] => stages.map(({ title, cells }) => `${title}: ${cells.length}`)

describe('a stage with a soak of its own', () => {
  it('says how long, takes its cells from the stage before, and has controls that are watched as long', async () => {
    const plan = await planFor('msi')
    expect(stagesOf(plan)).toEqual([
      'every combination of 2 values: 7',
      'an hour (1 h 10 min under observation): 2',
    ])
    expect(plan.cells.map(({ soakSeconds }) => soakSeconds)).toEqual([
      ...Array.from({ length: 7 }, () => undefined),
      4200,
      4200,
    ])
    const shorter = await planFor('msi', 3600)
    const ids = ({ cells }: Plan): string[] => cells.map(({ id }) => id)
    expect(ids(shorter)).toEqual(ids(plan))
    const changed = plan.cells.filter((cell, at) => cell.controlKey !== shorter.cells[at]?.controlKey)
    expect(changed.map(({ stage }) => stage)).toEqual(['soak', 'soak'])
  })

  it('of the package path is left out for content, whose machines stay in the stage before', async () => {
    expect(stagesOf(await planFor('content'))).toEqual(['every combination of 2 values: 9'])
    expect((await planFor()).stages).toHaveLength(2)
  })
})
