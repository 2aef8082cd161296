/** What the journal says of an attempt that was given out and has not ended. */
import type { RunEvent } from '../../model/event.ts'
import { isControlFlaw } from '../../model/control-flaw.ts'
import { factsIn } from '../../model/observations-in.ts'
import type { Assignment } from './scheduler-step.ts'

export interface RunningAttempt {
  readonly assignment: Assignment
  /** It went through all its phases so far. */
  clean: boolean
  /** Something failed on it meanwhile: as a control it is a basis for its own cell alone. */
  flawed: boolean
  /** Code of the last fault. */
  fault?: string
}

type Heard = Extract<RunEvent, { readonly type: 'phase-closed' | 'fault' | 'observed' | 'check-ran' }>

/** Before anything was heard of it. */
export function newlyRunning(assignment: Assignment): RunningAttempt {
  return { assignment, clean: true, flawed: false }
}

/** Takes an event of this attempt in. */
export function hearEvent(running: RunningAttempt, event: Heard): void {
  switch (event.type) {
    case 'phase-closed':
      running.clean &&= event.end === 'done' || event.end === 'skipped'
      break
    case 'fault':
      running.fault = event.fault.code
      break
    case 'observed':
    case 'check-ran':
      running.flawed ||= factsIn(event).some(isControlFlaw)
      break
  }
}
