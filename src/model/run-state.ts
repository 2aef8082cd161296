/**
 * Folds journal events into the state of a run. Resume, judge, report and the live view all start from here.
 *
 * Pure and total: an event that contradicts what came before (a torn journal cannot, a foreign one can) is ignored.
 */
import { attemptId } from './attempt-id.ts'
import { isControlFlaw } from './control-flaw.ts'
import type { AttemptEnd, RunEvent, RunFault } from './event.ts'
import type { MachineRef } from './machine-ref.ts'
import type { Observation } from './observation.ts'
import { observationsOfLook } from './observations-in.ts'
import type { Arm, Phase, PhaseEnd } from './phase.ts'
import type { PlannedCell } from './plan.ts'
import type { EvidenceRecord } from './report.ts'
import type { Shard } from './shard.ts'
import type { StageEnd } from './stage-end.ts'

export interface PhaseState {
  readonly phase: Phase
  readonly startedAt: number
  readonly endedAt?: number
  readonly end?: PhaseEnd
}

export interface AttemptState {
  readonly cell: string
  readonly arm: Arm
  readonly attempt: number
  readonly host: string
  readonly slot: number
  readonly startedAt: number
  endedAt?: number
  /** Absent while it runs, or when its process died. */
  end?: AttemptEnd
  /** Content of the image that its machine started from; absent without a machine, or one of no single image. */
  imageSha256?: string
  readonly phases: PhaseState[]
  /** Something was seen on it that makes it a bad yardstick for other cells. */
  flawed: boolean
  /** Empty in a state without details, as `checksRun`. */
  readonly observations: Observation[]
  readonly checksRun: { readonly phase: Phase; readonly check: string }[]
  readonly faults: (RunFault & { readonly phase: Phase })[]
  readonly evidence: EvidenceRecord[]
}

export interface RunState {
  run: string
  plan: string
  toolVersion: string
  seed: number
  simulated: boolean
  /** It is one shard of the plan. */
  shard?: Shard
  /** It was merged from these. */
  readonly shards: MergedShard[]
  startedAt: number
  endedAt?: number
  sessions: number
  interrupted?: string
  closed: boolean
  /** Whether it keeps what each attempt saw. Without, its size is that of a few lines an attempt. */
  readonly details: boolean
  readonly attempts: AttemptState[]
  /** The same by id; of two with one id the later. */
  readonly attemptsById: Map<string, AttemptState>
  /** Announced and not known to be destroyed or kept: what a sweep must look for. */
  readonly machines: Map<string, MachineRef>
  readonly kept: Set<string>
  readonly stages: Map<string, { readonly openedAt: number; state?: StageEnd }>
  readonly addedCells: PlannedCell[]
  /** cell → repeats beyond those of the plan that the run ordered. */
  readonly orderedRepeats: Map<string, number>
  readonly hosts: Map<string, { readonly provider: string; readonly facts: Record<string, unknown> }>
  readonly drained: Map<string, string>
  /** cell → where its control's evidence was taken from. */
  readonly reusedControls: Map<string, ReusedControl>
}

export type MergedShard = Pick<
  Extract<RunEvent, { type: 'shard-merged' }>,
  'shard' | 'run' | 'runners' | 'cells' | 'journalSha256'
>

export interface ReusedControl {
  readonly controlKey: string
  readonly source: string
  readonly imageSha256: string | undefined
  /** Ids of the attempts of this run that stand for its own; absent where copies of them follow as its own. */
  readonly attempts: readonly string[] | undefined
}

/** A run before its first event. */
export function emptyRunState({ details = true }: { readonly details?: boolean } = {}): RunState {
  return {
    details,
    run: '',
    plan: '',
    toolVersion: '',
    seed: 0,
    simulated: false,
    shards: [],
    startedAt: 0,
    sessions: 0,
    closed: false,
    attempts: [],
    attemptsById: new Map(),
    machines: new Map(),
    kept: new Set(),
    stages: new Map(),
    addedCells: [],
    orderedRepeats: new Map(),
    hosts: new Map(),
    drained: new Map(),
    reusedControls: new Map(),
  }
}

/** Applies one event to the state, in place, and returns it. */
export function foldEvent(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case 'run-opened':
      Object.assign(state, {
        run: event.run,
        plan: event.plan,
        toolVersion: event.toolVersion,
        seed: event.seed,
        simulated: event.simulated,
        startedAt: event.at,
        ...(event.shard === undefined ? {} : { shard: event.shard }),
      })
      break
    case 'shard-merged': {
      const { shard, run, runners, cells, journalSha256 } = event
      state.shards.push({ shard, run, runners, cells, journalSha256 })
      break
    }
    case 'session-opened':
      state.sessions = event.session
      state.closed = false
      delete state.interrupted
      break
    case 'host-inspected':
      state.hosts.set(event.host, { provider: event.provider, facts: event.facts })
      break
    case 'stage-opened':
      state.stages.set(event.stage, { openedAt: event.at })
      break
    case 'stage-closed': {
      const stage = state.stages.get(event.stage)
      if (stage !== undefined) stage.state = event.state
      break
    }
    case 'control-reused':
      state.reusedControls.set(event.cell, {
        controlKey: event.controlKey,
        source: event.source,
        imageSha256: event.imageSha256,
        attempts: event.attempts,
      })
      break
    case 'cells-added':
      state.addedCells.push(...event.cells)
      break
    case 'repeats-ordered':
      state.orderedRepeats.set(event.cell, event.repeats)
      break
    case 'host-drained':
      state.drained.set(event.host, event.because)
      break
    case 'host-returned':
      state.drained.delete(event.host)
      break
    case 'run-interrupted':
      state.interrupted = event.because
      state.endedAt = event.at
      break
    case 'run-closed':
      state.closed = true
      state.endedAt = event.at
      break
    default:
      foldAttemptEvent(state, event)
  }
  return state
}

type AttemptEvent = Extract<RunEvent, { attempt: number }>

function foldAttemptEvent(state: RunState, event: AttemptEvent): void {
  if (event.type === 'attempt-opened') {
    const opened = newAttempt(event)
    state.attempts.push(opened)
    state.attemptsById.set(attemptId(opened), opened)
    return
  }
  if (event.type === 'machine-announced' || event.type === 'machine-created') {
    state.machines.set(event.ref.name, event.ref)
    const made = findAttempt(state, event)
    if (made !== undefined && event.type === 'machine-announced' && event.imageSha256 !== undefined)
      made.imageSha256 = event.imageSha256
    return
  }
  if (event.type === 'machine-destroyed' || event.type === 'machine-kept') {
    state.machines.delete(event.name)
    if (event.type === 'machine-kept') state.kept.add(event.name)
    return
  }
  const attempt = findAttempt(state, event)
  if (attempt === undefined || attempt.end !== undefined) return
  switch (event.type) {
    case 'phase-opened':
      attempt.phases.push({ phase: event.phase, startedAt: event.at })
      break
    case 'phase-closed': {
      const at = attempt.phases.findLastIndex((entry) => entry.phase === event.phase)
      const phase = attempt.phases[at]
      // A new object takes half the memory of an object that gets more fields than it was made with.
      if (phase !== undefined)
        attempt.phases[at] = {
          phase: phase.phase,
          startedAt: phase.startedAt,
          endedAt: event.at,
          end: event.end,
        }
      break
    }
    case 'check-ran':
      for (const fact of event.facts ?? []) attempt.flawed ||= isControlFlaw(fact)
      if (!state.details) break
      attempt.observations.push(...observationsOfLook(event))
      attempt.checksRun.push({ phase: event.phase, check: event.check })
      break
    case 'observed':
      attempt.flawed ||= isControlFlaw(event.observation.fact)
      if (state.details) attempt.observations.push(event.observation)
      break
    case 'evidence-saved':
      attempt.evidence.push(event.evidence)
      break
    case 'fault':
      attempt.faults.push({ phase: event.phase, ...event.fault })
      break
    case 'attempt-closed':
      attempt.end = event.end
      attempt.endedAt = event.at
      break
  }
}

function newAttempt(event: Extract<RunEvent, { type: 'attempt-opened' }>): AttemptState {
  const { cell, arm, attempt, host, slot, at } = event
  return {
    cell,
    arm,
    attempt,
    host,
    slot,
    startedAt: at,
    phases: [],
    flawed: false,
    observations: [],
    checksRun: [],
    faults: [],
    evidence: [],
  }
}

function findAttempt(state: RunState, event: AttemptEvent): AttemptState | undefined {
  return state.attemptsById.get(attemptId(event))
}

/** The state after all events. */
export function foldRun(events: Iterable<RunEvent>): RunState {
  const state = emptyRunState()
  for (const event of events) foldEvent(state, event)
  return state
}
