/** The first line of a run's journal. */
import type { Instant } from '../../kit/clock.ts'
import type { RunEvent } from '../../model/event.ts'
import type { Plan } from '../../model/plan.ts'
import type { Shard } from '../../model/shard.ts'

export interface OpenedRun {
  readonly run: string
  readonly plan: Plan
  readonly parts: { readonly toolVersion: string }
  readonly shard?: Shard
}

/** Says what runs, on which plan, by which version. */
export function runOpened({ run, plan, parts, shard }: OpenedRun, at: Instant, simulated: boolean): RunEvent {
  return {
    type: 'run-opened',
    at,
    run,
    plan: plan.id,
    toolVersion: parts.toolVersion,
    seed: plan.seed,
    simulated,
    journalVersion: 1,
    ...(shard === undefined ? {} : { shard }),
  }
}
