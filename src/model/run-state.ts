/**
 * Folds journal events into the state of a run. Resume, judge, report and the live view all start from here.
 *
 * Pure and total: an event that contradicts what came before (a torn journal cannot, a foreign one can) is ignored.
 */
import type { AttemptEnd, RunEvent } from './event.ts'
import type { MachineRef } from './machine-ref.ts'
import type { Observation } from './observation.ts'
import type { Arm, Phase } from './phase.ts'
import type { PlannedCell } from './plan.ts'
import type { EvidenceRecord } from './report.ts'

export interface PhaseState {
  readonly phase: Phase
  readonly startedAt: number
  endedAt?: number
  end?: 'done' | 'symptom' | 'deadline' | 'fault' | 'skipped'
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
  readonly observations: Observation[]
  readonly checksRun: { readonly phase: Phase; readonly check: string }[]
  readonly faults: {
    readonly phase: Phase
    readonly code: string
    readonly fault: string
    readonly message: string
    readonly hint?: string | undefined
  }[]
  readonly evidence: EvidenceRecord[]
}

export interface RunState {
  run: string
  plan: string
  toolVersion: string
  seed: number
  simulated: boolean
  startedAt: number
  endedAt?: number
  sessions: number
  interrupted?: string
  closed: boolean
  readonly attempts: AttemptState[]
  /** Announced and not known to be destroyed or kept: what a sweep must look for. */
  readonly machines: Map<string, MachineRef>
  readonly kept: Set<string>
  readonly stages: Map<string, { readonly openedAt: number; state?: 'passed' | 'failed' | 'inconclusive' }>
  readonly addedCells: PlannedCell[]
  readonly hosts: Map<string, { readonly provider: string; readonly facts: Record<string, unknown> }>
  readonly drained: Map<string, string>
  /** cell → where its control's evidence was taken from. */
  readonly reusedControls: Map<
    string,
    { readonly controlKey: string; readonly source: string; readonly imageSha256: string | undefined }
  >
}

/** A run before its first event. */
export function emptyRunState(): RunState {
  return {
    run: '',
    plan: '',
    toolVersion: '',
    seed: 0,
    simulated: false,
    startedAt: 0,
    sessions: 0,
    closed: false,
    attempts: [],
    machines: new Map(),
    kept: new Set(),
    stages: new Map(),
    addedCells: [],
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
      })
      break
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
      })
      break
    case 'cells-added':
      state.addedCells.push(...event.cells)
      break
    case 'host-drained':
      state.drained.set(event.host, event.because)
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
    const { cell, arm, attempt, host, slot, at } = event
    state.attempts.push({
      cell,
      arm,
      attempt,
      host,
      slot,
      startedAt: at,
      phases: [],
      observations: [],
      checksRun: [],
      faults: [],
      evidence: [],
    })
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
      const phase = attempt.phases.findLast((entry) => entry.phase === event.phase)
      if (phase !== undefined) Object.assign(phase, { end: event.end, endedAt: event.at })
      break
    }
    case 'check-ran':
      attempt.checksRun.push({ phase: event.phase, check: event.check })
      break
    case 'observed':
      attempt.observations.push(event.observation)
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

function findAttempt(state: RunState, event: AttemptEvent): AttemptState | undefined {
  return state.attempts.findLast(
    (entry) => entry.cell === event.cell && entry.arm === event.arm && entry.attempt === event.attempt,
  )
}

/** The state after all events. */
export function foldRun(events: Iterable<RunEvent>): RunState {
  const state = emptyRunState()
  for (const event of events) foldEvent(state, event)
  return state
}
