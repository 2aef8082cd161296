import type { Fault } from '../../../src/model/errors.ts'
import { describe, expect, it } from 'vitest'
import { emptyRunState, type AttemptState, type RunState } from '../../../src/model/run-state.ts'
import { standingFaults } from '../../../src/run/session/standing-faults.ts'

const base: Omit<AttemptState, 'faults'> = {
  cell: 'a',
  arm: 'candidate',
  attempt: 1,
  host: 'here',
  slot: 0,
  startedAt: 0,
  phases: [],
  flawed: false,
  observations: [],
  checksRun: [],
  evidence: [],
}
const fault = (whose: Fault): AttemptState['faults'][number] => ({
  phase: 'check',
  code: 'PLUGIN_THREW',
  fault: whose,
  message: 'broke',
})
const state = (...attempts: readonly Partial<AttemptState>[]): RunState => ({
  ...emptyRunState(),
  attempts: attempts.map((attempt) => ({ ...base, faults: [], ...attempt })),
})

describe('the faults that a run stands on', () => {
  it('are those of plugins in completed attempts, of whichever session', () => {
    expect(standingFaults(state({ end: 'completed', faults: [fault('plugin'), fault('host')] }))).toBe(1)
  })

  it('end when the attempt was made again without them', () => {
    const broken: Partial<AttemptState> = { end: 'plugin-fault', faults: [fault('plugin')] }
    expect(standingFaults(state(broken))).toBe(1)
    expect(standingFaults(state(broken, { attempt: 2, end: 'completed' }))).toBe(0)
  })

  it('count in the last try of a cell that was never completed', () => {
    expect(standingFaults(state({ end: 'tool-fault', faults: [fault('tool')] }, { end: 'host-fault' }))).toBe(
      0,
    )
    expect(standingFaults(state({ end: 'host-fault' }, { end: 'tool-fault', faults: [fault('tool')] }))).toBe(
      1,
    )
  })
})
