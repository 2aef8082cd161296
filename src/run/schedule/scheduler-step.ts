/** What the scheduler says to do next: plain data. */
import type { Arm } from '../../model/phase.ts'
import type { PlannedCell } from '../../model/plan.ts'

export interface Assignment {
  readonly cell: PlannedCell
  readonly arm: Arm
  readonly attempt: number
  readonly host: string
  readonly slot: number
}

/** The control of this cell is taken over from `source`, beginning with the source's attempt number `skip` (from 0). */
export interface ControlReuse {
  readonly cell: PlannedCell
  readonly source: string
  readonly firstAttempt: number
  readonly skip: number
}

export interface SchedulerStep {
  /** start: see the lists. wait: until something that runs ends. stage-due: its stage must be judged (event stage-closed). done: nothing is left. */
  readonly kind: 'start' | 'wait' | 'stage-due' | 'done'
  readonly stage: string | undefined
  readonly stageCells: readonly string[]
  /** The stage has not been opened before: journal stage-opened first. */
  readonly opens: boolean
  readonly start: readonly Assignment[]
  readonly reuse: readonly ControlReuse[]
  readonly drain: readonly { readonly host: string; readonly because: string }[]
  /** Hosts that were drained and are used again. */
  readonly returned: readonly string[]
  /** No host can take these (too large, or all drained). */
  readonly impossible: readonly { readonly cell: string; readonly arm: Arm; readonly because: string }[]
}
