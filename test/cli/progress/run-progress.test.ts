import { expect, it } from 'vitest'
import type { RunEvent } from '../../../src/model/event.ts'
import type { Plan } from '../../../src/model/plan.ts'
import { foldProgress, startProgress, timeLeftMs } from '../../../src/cli/progress/run-progress.ts'

const plan = {
  stages: [{ id: 'smoke', title: 'Smoke', continueOnFailure: false, cells: ['a', 'b'] }],
  cells: [
    { id: 'a', stage: 'smoke', controlKey: 'k1' },
    { id: 'b', stage: 'smoke', controlKey: 'k2' },
  ],
  settings: { repeats: 1 },
} as unknown as Plan

const attempt = (
  type: 'attempt-opened' | 'attempt-closed',
  cell: string,
  arm: 'candidate' | 'control',
  at: number,
): RunEvent =>
  type === 'attempt-opened'
    ? { type, at, cell, arm, attempt: 1, host: 'h', slot: arm === 'control' ? 0 : 1 }
    : { type, at, cell, arm, attempt: 1, end: 'completed' }

it('counts what is done, and tells the time left from what ran here', () => {
  const progress = startProgress(plan)
  expect(progress.attemptsWanted).toBe(4)
  for (const event of [
    { type: 'control-reused', at: 5, cell: 'a', controlKey: 'k1', source: 'earlier/a' } as const,
    // An old attempt told again: it neither runs on a lane nor took time here.
    attempt('attempt-opened', 'a', 'control', 1),
    attempt('attempt-closed', 'a', 'control', 2),
    attempt('attempt-opened', 'a', 'candidate', 1000),
    attempt('attempt-closed', 'a', 'candidate', 31_000),
  ])
    foldProgress(progress, plan, event)
  expect(progress.attemptsDone).toBe(2)
  expect(progress.stages[0]?.done).toBe(1)
  expect([...progress.lanes.values()].filter((lane) => lane.attempt !== undefined)).toEqual([])
  expect(timeLeftMs(progress)).toBe(60_000)
})
