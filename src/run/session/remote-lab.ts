/** Hosts that other processes lend to a run: who comes and goes is known by and by, and attempts outlive the process that ordered them. */
import type { RunState } from '../../model/run-state.ts'
import type { Journal } from '../../record/journal.ts'
import type { SecretMasker } from '../../record/secret-masker.ts'
import type { AttemptResult } from '../attempt/run-cell.ts'
import type { Scheduler } from '../schedule/scheduler.ts'
import type { Assignment } from '../schedule/scheduler-step.ts'

/** What a session lends to its remote lab. */
export interface RemoteSession {
  readonly run: string
  readonly runFolder: string
  readonly journal: Journal
  readonly masker: SecretMasker
  /** Folded from the journal, and kept up to date. */
  readonly state: RunState
}

export interface RemoteLab {
  /** True when a machine of this run may be simulated. */
  readonly simulated: boolean
  /** Called once, before anything else. @returns attempts that earlier sessions ordered and whose end the journal does not have */
  open(session: RemoteSession): Promise<readonly Assignment[]>
  /**
   * Tells the scheduler of hosts from now on; `wake` is called whenever something may start that could not before, and `fail` when the
   * run cannot go on.
   */
  serve(scheduler: Scheduler, wake: () => void, fail: (error: unknown) => void): void
  /**
   * Orders an attempt, or goes on with an attempt that was ordered before, and writes all that is heard of it into the journal. When the
   * signal aborts, what is ordered stays so: the next session goes on with it.
   */
  attempt(assignment: Assignment, signal: AbortSignal): Promise<AttemptResult>
  /** `done`: nothing of the run is needed any more. */
  close(done: boolean): Promise<void>
}
