/** A run of any day, judged again from its journal: what it has shown, and how long its machines took. */
import { systemClock } from '../kit/clock.ts'
import type { JudgedCell } from '../judge/run-judge.ts'
import { AppError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import { DEFAULT_POLICY } from '../model/policy.ts'
import type { RunState } from '../model/run-state.ts'
import { shardText } from '../model/shard-text.ts'
import { isDecided } from '../model/verdict.ts'
import type { PastCell } from '../plan/past-cells.ts'
import { readRunInputs, type RunInputs } from '../record/run-inputs.ts'
import { readRunPlan } from '../record/run-plan.ts'
import { JournalJudge } from './judge-journal.ts'

export interface PastRun {
  readonly inputs: RunInputs
  readonly plan: Plan
  /** Without what the attempts saw. */
  readonly state: RunState
  readonly cells: readonly JudgedCell[]
  /** Those with a verdict, as the planner takes them. */
  readonly past: readonly PastCell[]
}

/** @throws AppError RUN_UNREADABLE, RUN_SIMULATED, RUN_IS_SHARD (user), JOURNAL_DAMAGED */
export async function readPastRun(runFolder: string): Promise<PastRun> {
  const [inputs, plan] = await Promise.all([readRunInputs(runFolder), readRunPlan(runFolder)])
  const journal = new JournalJudge(plan, runFolder, DEFAULT_POLICY)
  await journal.read()
  const judge = await journal.settled()
  const { state } = judge
  if (state.run === '')
    throw new AppError('RUN_UNREADABLE', 'user', `${runFolder} holds a run that never began`, {
      hint: 'give the folder of a run with a journal',
    })
  if (state.shard !== undefined)
    throw new AppError(
      'RUN_IS_SHARD',
      'user',
      `run ${state.run} is shard ${shardText(state.shard)} of a plan`,
      {
        hint: 'merge the shards, and give the merged run',
      },
    )
  if (state.simulated)
    throw new AppError('RUN_SIMULATED', 'user', `run ${state.run} was simulated`, {
      hint: 'give a run of real machines: what was simulated was never seen',
    })
  // No waiver can turn a failure into a pass, and what one policy's budgets allow is no property of the machine.
  const { cells } = judge.judge(DEFAULT_POLICY, systemClock.now())
  return { inputs, plan, state, cells, past: pastCells(plan, state, cells) }
}

function pastCells(plan: Plan, { attempts }: RunState, cells: readonly JudgedCell[]): PastCell[] {
  const completed = Map.groupBy(
    attempts.filter(({ end }) => end === 'completed'),
    ({ cell }) => cell,
  )
  const { restarts, soakSeconds } = plan.settings
  return cells.flatMap(({ planned, verdict }): PastCell[] => {
    if (!isDecided(verdict)) return []
    const { id, configuration, os, start } = planned
    const soak = planned.soakSeconds ?? soakSeconds
    const mine = start?.from === 'checkpoint' ? [] : (completed.get(id) ?? [])
    const seconds = mine.map(({ startedAt, endedAt = startedAt }) => (endedAt - startedAt) / 1000)
    const mean = seconds.reduce((sum, value) => sum + value, 0) / Math.max(1, seconds.length)
    return [
      {
        configuration,
        os,
        failed: verdict.outcome === 'fail',
        ...(mine.length === 0 ? {} : { startSeconds: Math.max(0, mean - soak) / startsOf(restarts) }),
      },
    ]
  })
}

/** Starts of one attempt: the first, those with the candidate, and the one after it was rolled back. */
export function startsOf(restarts: number): number {
  return restarts + 2
}
