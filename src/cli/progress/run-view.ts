/** Shows a running plan: lanes that redraw on a terminal, plain lines everywhere else. */
import type { RunEvent } from '../../model/event.ts'
import type { Plan } from '../../model/plan.ts'
import { isInteractive } from '../terminal.ts'
import { openLaneView } from './lane-view.ts'
import { openPlainView } from './plain-view.ts'

export interface RunView {
  onEvent(event: RunEvent): void
  /** Ends the view; resolves when the terminal is free again. */
  close(): Promise<void>
}

/** The view that fits where we run. */
export function openRunView(plan: Plan): RunView {
  return isInteractive() ? openLaneView(plan) : openPlainView(plan)
}
