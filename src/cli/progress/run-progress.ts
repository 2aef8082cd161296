/** What a person who watches wants to know, folded from the events of a run. */
import type { RunEvent } from '../../model/event.ts'
import { attemptId } from '../../model/attempt-id.ts'
import { factsIn } from '../../model/observations-in.ts'
import type { Plan, PlannedCell } from '../../model/plan.ts'

export interface Lane {
  readonly host: string
  readonly slot: number
  /** What runs there now. */
  attempt?: {
    readonly cell: string
    readonly arm: string
    readonly attempt: number
    readonly startedAt: number
    phase: string
  }
}

export interface StageProgress {
  readonly id: string
  readonly title: string
  /** Cells whose candidate attempts are done, of all cells. */
  done: number
  readonly cells: number
  state: 'waiting' | 'running' | 'passed' | 'failed' | 'inconclusive'
}

export interface RunProgress {
  readonly stages: readonly StageProgress[]
  /** Of the plan and those that the run added, by id. */
  readonly cells: Map<string, PlannedCell>
  /** By `host/slot`. */
  readonly lanes: Map<string, Lane>
  /** The same by the id of the attempt that runs there. */
  readonly running: Map<string, Lane>
  attemptsDone: number
  /** Candidate and control attempts that the plan asks for; grows when cells are added, shrinks when a control is reused. */
  attemptsWanted: number
  /** Of those done: how many ran here, and so took time. */
  attemptsTimed: number
  /** Milliseconds that finished attempts took, in all. */
  attemptMs: number
  /** Cells whose control was taken from an earlier run: its events are old ones, told again. */
  readonly reused: Set<string>
  crashes: number
  hostFaults: number
}

/** A run of this plan before its first event. */
export function startProgress(plan: Plan): RunProgress {
  const perCell = plan.settings.repeats
  return {
    stages: plan.stages.map(({ id, title, cells }) => ({
      id,
      title,
      done: 0,
      cells: cells.length,
      state: 'waiting',
    })),
    cells: new Map(plan.cells.map((cell) => [cell.id, cell])),
    lanes: new Map(),
    running: new Map(),
    attemptsDone: 0,
    attemptsWanted:
      plan.cells.length * perCell + new Set(plan.cells.map((cell) => cell.controlKey)).size * perCell,
    attemptsTimed: 0,
    attemptMs: 0,
    reused: new Set(),
    crashes: 0,
    hostFaults: 0,
  }
}

/** Applies one event, in place. */
export function foldProgress(progress: RunProgress, plan: Plan, event: RunEvent): void {
  switch (event.type) {
    case 'stage-opened':
      setStage(progress, event.stage, 'running')
      break
    case 'stage-closed':
      setStage(progress, event.stage, event.state)
      break
    case 'control-reused':
      if (event.attempts === undefined) progress.reused.add(event.cell)
      break
    case 'cells-added':
      progress.attemptsWanted += event.cells.length * plan.settings.repeats
      for (const cell of event.cells) progress.cells.set(cell.id, cell)
      break
    case 'repeats-ordered':
      progress.attemptsWanted += 2
      break
    case 'attempt-opened': {
      if (isRetold(progress, event)) break
      const { cell, arm, attempt, at, host, slot } = event
      const lane = { host, slot, attempt: { cell, arm, attempt, startedAt: at, phase: 'provision' } }
      progress.lanes.set(`${host}/${slot}`, lane)
      progress.running.set(attemptId(event), lane)
      break
    }
    case 'phase-opened': {
      const lane = progress.running.get(attemptId(event))
      if (lane?.attempt !== undefined) lane.attempt.phase = event.phase
      break
    }
    case 'observed':
    case 'check-ran':
      for (const fact of factsIn(event))
        if (fact.kind === 'crash' && !isRetold(progress, event)) progress.crashes += 1
      break
    case 'attempt-closed':
      closeAttempt(progress, event)
      break
    default:
  }
}

/** Whether an event of an attempt is not happening now but is told again with a reused control. */
export function isRetold(
  progress: RunProgress,
  event: { readonly cell: string; readonly arm: string },
): boolean {
  return event.arm === 'control' && progress.reused.has(event.cell)
}

/** Milliseconds until everything wanted is done, from the mean so far; undefined before the first attempt ended. */
export function timeLeftMs(progress: RunProgress): number | undefined {
  if (progress.attemptsTimed === 0) return undefined
  const running = Math.max(1, progress.running.size)
  return (
    ((progress.attemptMs / progress.attemptsTimed) *
      Math.max(0, progress.attemptsWanted - progress.attemptsDone)) /
    running
  )
}

function closeAttempt(progress: RunProgress, event: Extract<RunEvent, { type: 'attempt-closed' }>): void {
  const id = attemptId(event)
  const lane = progress.running.get(id)
  progress.running.delete(id)
  if (lane?.attempt !== undefined) {
    progress.attemptMs += event.at - lane.attempt.startedAt
    progress.attemptsTimed += 1
    delete lane.attempt
  }
  if (event.end === 'host-fault' && !isRetold(progress, event)) progress.hostFaults += 1
  if (event.end !== 'completed') return
  progress.attemptsDone += 1
  const stageId = progress.cells.get(event.cell)?.stage
  const stage = progress.stages.find((entry) => entry.id === stageId)
  if (stage !== undefined && event.arm === 'candidate' && stage.done < stage.cells) stage.done += 1
}

function setStage(progress: RunProgress, id: string, state: StageProgress['state']): void {
  const stage = progress.stages.find((entry) => entry.id === id)
  if (stage !== undefined) stage.state = state
}
