/** What a worker sends is an event of its own attempt, or it is refused. */
import { describe, expect, it } from 'vitest'
import { acceptLine, type Expected } from '../../src/fleet/delivered-event.ts'

const expected: Expected = {
  cell: 'c1',
  arm: 'candidate',
  attempt: 2,
  host: 'w1/sim',
  slot: 1,
  provider: 'simulated',
  run: 'r1',
  seq: 3,
  closed: false,
}
const head = { at: 1, cell: 'c1', arm: 'candidate', attempt: 2 }
const sent = (event: object, more: Partial<Expected> = {}): ReturnType<typeof acceptLine> =>
  acceptLine(JSON.stringify(event), { ...expected, ...more })
const id = 'a'.repeat(64)
const evidence = {
  id,
  cell: 'c1',
  arm: 'candidate',
  attempt: 2,
  name: 'serial.log',
  mediaType: 'text/plain',
  bytes: 3,
  path: `cells/c1/candidate-2/${id.slice(0, 12)}-serial.log`,
  phase: 'boot',
  cut: false,
}

describe('a delivered line', () => {
  it('is taken as it is, with the names of hosts that the coordinator knows', () => {
    const ref = {
      provider: 'x',
      host: 'sim',
      run: 'other',
      cell: 'zz',
      arm: 'control',
      attempt: 9,
      name: 'rz-1',
      details: {},
    }
    expect(sent({ type: 'attempt-opened', ...head, host: 'lie', slot: 7 }, { seq: 0 })).toMatchObject({
      host: 'w1/sim',
      slot: 1,
    })
    expect(sent({ type: 'machine-created', ...head, ref })).toMatchObject({
      ref: {
        provider: 'simulated',
        host: 'w1/sim',
        run: 'r1',
        cell: 'c1',
        arm: 'candidate',
        attempt: 2,
        name: 'rz-1',
      },
    })
    expect(sent({ type: 'evidence-saved', ...head, evidence })).toMatchObject({ evidence })
  })

  it.each([
    ['no JSON', '{', {}],
    [
      'an event of another attempt',
      JSON.stringify({ type: 'attempt-closed', ...head, attempt: 1, end: 'completed' }),
      {},
    ],
    [
      'an event of another cell',
      JSON.stringify({ type: 'attempt-closed', ...head, cell: 'c2', end: 'completed' }),
      {},
    ],
    ['the end of the run', JSON.stringify({ type: 'run-closed', at: 1 }), {}],
    ['the end of a stage', JSON.stringify({ type: 'stage-closed', at: 1, stage: 's', state: 'passed' }), {}],
    ['another beginning', JSON.stringify({ type: 'attempt-opened', ...head, host: 'h', slot: 1 }), {}],
    [
      'an end without a beginning',
      JSON.stringify({ type: 'attempt-closed', ...head, end: 'completed' }),
      { seq: 0 },
    ],
    [
      'a path out of the run folder',
      JSON.stringify({ type: 'evidence-saved', ...head, evidence: { ...evidence, path: '../x' } }),
      {},
    ],
    [
      'evidence of another attempt',
      JSON.stringify({ type: 'evidence-saved', ...head, evidence: { ...evidence, attempt: 1 } }),
      {},
    ],
    [
      'evidence without bounds',
      JSON.stringify({ type: 'evidence-saved', ...head, evidence: { ...evidence, bytes: 1e12 } }),
      {},
    ],
    [
      'more lines than an attempt writes',
      JSON.stringify({ type: 'attempt-closed', ...head, end: 'completed' }),
      { seq: 200_000 },
    ],
  ])('is refused: %s', (_, line, more) => {
    expect(acceptLine(line, { ...expected, ...more })).toHaveProperty('wrong')
  })
})
