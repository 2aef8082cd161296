/** Which stage is worked on: in order, the next only after the one before it passed. Pure. */
import type { Plan, PlannedCell } from '../../model/plan.ts'
import type { RunState } from '../../model/run-state.ts'
import type { StageEnd } from '../../model/stage-end.ts'

export interface StageProgress {
  readonly id: string
  readonly continueOnFailure: boolean
  readonly cells: readonly string[]
  /** Cells added to explain a failure: runs although the stages after that failure do not. */
  readonly added: boolean
  opened: boolean
  /** Undefined until it was judged in this session. */
  state: StageEnd | undefined
}

export class StageOrder {
  readonly #stages: StageProgress[] = []
  readonly #keepGoing: boolean

  constructor(plan: Plan, state: RunState, keepGoing: boolean) {
    this.#keepGoing = keepGoing
    for (const stage of plan.stages) this.#push(stage.id, stage.continueOnFailure, stage.cells, false, state)
    this.add(state.addedCells, state)
  }

  /** The first stage without an end that may start; undefined when nothing is left to do. */
  current(): StageProgress | undefined {
    let stopped = false
    for (const stage of this.#stages) {
      if (stage.state === undefined && (!stopped || stage.added)) return stage
      const red = stage.state !== undefined && stage.state !== 'passed'
      if (red && !stage.added && !stage.continueOnFailure && !this.#keepGoing) stopped = true
    }
    return undefined
  }

  close(id: string, state: StageEnd): void {
    const stage = this.#stages.find((entry) => entry.id === id)
    if (stage !== undefined) stage.state = state
  }

  /** Cells added while running, grouped by the stage that they name. */
  add(cells: readonly PlannedCell[], state?: RunState): void {
    for (const [id, members] of Map.groupBy(cells, (cell) => cell.stage))
      this.#push(
        id,
        true,
        members.map((cell) => cell.id),
        true,
        state,
      )
  }

  #push(
    id: string,
    continueOnFailure: boolean,
    cells: readonly string[],
    added: boolean,
    state: RunState | undefined,
  ): void {
    this.#stages.push({
      id,
      continueOnFailure,
      cells,
      added,
      opened: state?.stages.has(id) ?? false,
      // Whatever an earlier session said: it judged under the policy of its day, and its waivers may be others now.
      state: undefined,
    })
  }
}
