import { describe, expect, it } from 'vitest'
import { refuseChanges } from '../../src/app/refuse-changes.ts'
import { sha256 } from '../../src/kit/hash.ts'
import type { LoadedCandidate } from '../../src/model/candidate.ts'
import { emptyRunState, type AttemptState } from '../../src/model/run-state.ts'
import { makePlan } from '../stand-ins/simulated-lab.ts'
import { BUILT_IMAGE, labWith } from '../stand-ins/built-image.ts'

const candidate = { id: 'content', sha256: sha256('content') } as LoadedCandidate

const plan = makePlan({ stages: [1] })
const begun = {
  plan: {
    ...plan,
    cells: plan.cells.map((cell) => ({ ...cell, image: BUILT_IMAGE.id })),
    inputs: [{ role: 'candidate' as const, name: candidate.id, sha256: candidate.sha256 }],
  },
  runFolder: '/runs/1',
}
const attempt = (imageSha256: string, end: AttemptState['end'] = 'completed'): AttemptState =>
  ({ cell: plan.cells[0]?.id, arm: 'control', attempt: 1, end, imageSha256 }) as AttemptState

describe('resuming a run', () => {
  it('goes on with the same candidate and the image that its machines started from', async () => {
    const state = { ...emptyRunState(), attempts: [attempt(sha256('one'))] }
    await expect(refuseChanges({ ...begun, state }, await labWith('one'), candidate)).resolves.toBeUndefined()
  })

  it('is refused when the image was built anew with other content, or is gone', async () => {
    const state = { ...emptyRunState(), attempts: [attempt(sha256('one'))] }
    for (const lab of [await labWith('one', 'two'), await labWith()])
      await expect(refuseChanges({ ...begun, state }, lab, candidate)).rejects.toThrow(
        /the image micro changed since this run began/,
      )
  })

  it('is refused when a control was taken over from a machine of another image', async () => {
    const reused = { controlKey: 'k', source: 'earlier/a', imageSha256: sha256('one'), attempts: undefined }
    const state = { ...emptyRunState(), reusedControls: new Map([[plan.cells[0]?.id ?? '', reused]]) }
    await expect(refuseChanges({ ...begun, state }, await labWith('one'), candidate)).resolves.toBeUndefined()
    await expect(refuseChanges({ ...begun, state }, await labWith('two'), candidate)).rejects.toThrow(
      /the image micro changed since this run began/,
    )
  })

  it('does not care for the image of an attempt that does not count', async () => {
    const state = { ...emptyRunState(), attempts: [attempt(sha256('one'), 'host-fault')] }
    await expect(refuseChanges({ ...begun, state }, await labWith('two'), candidate)).resolves.toBeUndefined()
  })

  it('is refused with another candidate', async () => {
    const other = { ...candidate, sha256: sha256('other') }
    const state = emptyRunState()
    await expect(refuseChanges({ ...begun, state }, await labWith(), other)).rejects.toMatchObject({
      code: 'INPUT_CHANGED',
      fault: 'user',
    })
  })
})
