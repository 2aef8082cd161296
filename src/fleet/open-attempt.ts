/** An attempt that was offered and whose end is not in the journal. */
import type { AttemptEnd } from '../model/event.ts'
import type { Phase } from '../model/phase.ts'
import type { AttemptResult } from '../run/attempt/run-cell.ts'
import type { Assignment } from '../run/schedule/scheduler-step.ts'
import type { OfferedAttempt } from './lease-store.ts'

/** What a coordinator knows of it. */
export interface OpenAttempt {
  readonly offered: OfferedAttempt
  readonly assignment: Assignment
  readonly provider: string
  /** Number of the next line that the journal does not have. */
  next: number
  opened: boolean
  end: AttemptEnd | undefined
  phase: Phase
  evidenceBytes: number
  pluginFaults: number
  readonly leftBehind: Map<string, true>
  readonly settle: (result: AttemptResult) => void
  readonly fail: (error: unknown) => void
}

/** As journal and scheduler call a host of a worker. */
export function hostName({ worker, host }: { readonly worker: string; readonly host: string }): string {
  return `${worker}/${host}`
}
