/**
 * Decides what starts next. Pure and synchronous: plan, journal events and host capacities in, assignments out; it knows no machine,
 * file or clock. Its cost a step depends on the free places of the hosts, not on the size of the plan.
 */
import { attemptId } from '../../model/attempt-id.ts'
import type { AttemptEnd, RunEvent } from '../../model/event.ts'
import type { Arm } from '../../model/phase.ts'
import type { Plan, PlannedCell } from '../../model/plan.ts'
import type { RunState } from '../../model/run-state.ts'
import { countEnd, isClean, noTries, triesState, type Tries } from './attempts.ts'
import { Controls } from './controls.ts'
import { HostHealth } from './host-health.ts'
import { Pending } from './pending.ts'
import { hearEvent, newlyRunning, type RunningAttempt } from './scheduler-running.ts'
import type { Assignment, ControlReuse, SchedulerStep } from './scheduler-step.ts'
import { Slots, type HostCapacity, type MachineNeed, type Taken } from './slots.ts'
import { StageOrder, type StageProgress } from './stage-order.ts'

export interface SchedulerOptions {
  readonly plan: Plan
  /** Folded from the journal; attempts without an end count as interrupted. */
  readonly state: RunState
  readonly hosts: readonly HostCapacity[]
  /** Control keys that the store holds, with the number of clean attempts stored. */
  readonly stored?: ReadonlyMap<string, number>
  /** Start the next stage although this one is red. */
  readonly keepGoing?: boolean
  /** Hosts come and go while it runs: what none can take waits, until it is given up. */
  readonly hostsComeLater?: boolean
}

/** What is known of hosts that come and go. */
export interface HostPolicy {
  /** Whether a host can take such a cell at all, whatever its room. */
  carries(host: string, cell: PlannedCell): boolean
  /** Why a cell that no host carries is given up now; undefined: it waits on. */
  givesUp(cell: PlannedCell): string | undefined
}

interface Job {
  readonly cell: PlannedCell
  readonly arm: Arm
  readonly tries: Tries
  finished: boolean
  /** In the line or waiting for a control: starts that are still to be given out. */
  queued: number
  lastHost: string | undefined
  /** Smaller machines that were placed while this one stood first in the line. */
  passedOver: number
}

/** How far past the first that does not fit it looks for smaller ones … */
const WINDOW = 64
/** … and how often the first may be passed before the others wait for it. */
const PATIENCE = 32

export class Scheduler {
  readonly #repeats: number
  readonly #cells = new Map<string, PlannedCell>()
  readonly #stages: StageOrder
  readonly #jobs = new Map<string, Job>()
  readonly #slots: Slots
  readonly #health: HostHealth
  readonly #hostsComeLater: boolean
  #policy: HostPolicy = { carries: () => true, givesUp: () => undefined }
  readonly #controls = new Controls<Job>()
  readonly #lines = new Map<string, Pending<Job>>()
  readonly #running = new Map<string, RunningAttempt>()
  /** Cell → repeats beyond those of the plan. */
  readonly #ordered: Map<string, number>
  #stage: StageProgress | undefined
  #openJobs = 0
  #drain: { host: string; because: string }[] = []
  #returned: string[] = []
  #impossible: { cell: string; arm: Arm; because: string }[] = []

  constructor(options: SchedulerOptions) {
    const { plan, state } = options
    this.#repeats = plan.settings.repeats
    this.#ordered = new Map(state.orderedRepeats)
    this.#stages = new StageOrder(plan, state, options.keepGoing ?? false)
    this.#slots = new Slots(options.hosts)
    this.#health = new HostHealth(options.hosts.map((host) => host.name))
    this.#hostsComeLater = options.hostsComeLater ?? false
    for (const cell of [...plan.cells, ...state.addedCells]) this.#cells.set(cell.id, cell)
    for (const [key, count] of options.stored ?? [])
      if (count >= this.#repeats) this.#controls.markReady(key, 'store')
    this.#remember(state)
  }

  /** What to do now. Everything in it is given out: it is never in a later step again. */
  next(): SchedulerStep {
    const stage = this.#stages.current()
    if (stage === undefined) return this.#step('done', undefined, false, [], [])
    const opens = !stage.opened
    if (this.#stage !== stage) this.#openStage(stage)
    const start: Assignment[] = []
    const reuse: ControlReuse[] = []
    for (const line of this.#lines.values()) this.#fill(line, start, reuse)
    const some = start.length + reuse.length + this.#drain.length + this.#returned.length > 0
    const kind = some ? 'start' : this.#openJobs > 0 || this.#running.size > 0 ? 'wait' : 'stage-due'
    return this.#step(kind, stage, opens, start, reuse)
  }

  /** Tells it what the journal got. */
  note(event: RunEvent): void {
    switch (event.type) {
      case 'phase-closed':
      case 'fault':
      case 'observed':
      case 'check-ran': {
        const running = this.#running.get(attemptId(event))
        if (running !== undefined) hearEvent(running, event)
        break
      }
      case 'attempt-closed':
        this.#close(event, event.end)
        break
      case 'stage-closed':
        this.#stages.close(event.stage, event.state)
        break
      case 'host-drained':
        this.#slots.drain(event.host)
        break
      case 'cells-added':
        for (const cell of event.cells) this.#cells.set(cell.id, cell)
        this.#stages.add(event.cells)
        break
      case 'repeats-ordered':
        this.#ordered.set(event.cell, event.repeats)
        if (this.#stage?.cells.includes(event.cell) === true) this.#openCell(event.cell)
        break
      default:
        break
    }
  }

  /** The stored control cannot be read: this cell (and the others of its key) run it again. */
  controlLost(reuse: ControlReuse): void {
    const job = this.#job(reuse.cell, 'control')
    this.#controls.markFree(reuse.cell.controlKey)
    job.finished = false
    job.tries.completed = reuse.skip
    this.#openJobs += 1
    this.#enqueue(job, true)
  }

  /** Says what hosts that come and go can take. */
  setPolicy(policy: HostPolicy): void {
    this.#policy = policy
  }

  /** A host that is there now, or has another capacity; what others take of it is `taken`. */
  hostOpened(capacity: HostCapacity, taken: Taken): void {
    this.#slots.open(capacity, taken)
    this.#health.add(capacity.name)
  }

  /** A host that is not there now. What runs on it has its own end. */
  hostClosed(host: string): void {
    this.#slots.close(host)
  }

  /** Somebody has seen to a host: when it was drained, it gets one attempt at a time, until one came through. */
  hostRenewed(host: string): void {
    if (!this.#slots.isDrained(host)) return
    this.#slots.tryAgain(host)
    this.#health.reset(host)
  }

  /** An attempt that was given out by an earlier session and goes on. Before the first step. */
  adopt(assignment: Assignment): void {
    const { cell, arm, attempt, host, slot } = assignment
    this.#cells.set(cell.id, cell)
    const job = this.#job(cell, arm)
    job.tries.attempts = Math.max(job.tries.attempts, attempt)
    job.tries.running += 1
    job.lastHost = host
    if (arm === 'control') this.#controls.own(cell.controlKey, cell.id)
    this.#slots.hold(host, slot, needOf(cell))
    this.#running.set(attemptId({ ...assignment, cell: cell.id }), newlyRunning(assignment))
  }

  /** Starts that wait for a place, as cells, each as often as it has starts due. */
  waiting(): readonly PlannedCell[] {
    return [...this.#jobs.values()].flatMap(({ cell, finished, queued }) =>
      finished ? [] : Array.from({ length: queued }, () => cell),
    )
  }

  /** Attempts that were given out and have not ended. */
  get running(): number {
    return this.#running.size
  }

  #openStage(stage: StageProgress): void {
    this.#stage = stage
    stage.opened = true
    this.#openJobs = 0
    for (const id of stage.cells) this.#openCell(id)
  }

  /** Puts what is still due of both arms into the line; nothing of it may be there or run already. */
  #openCell(id: string): void {
    const cell = this.#cells.get(id)
    if (cell === undefined) return
    for (const arm of ['control', 'candidate'] as const) {
      const job = this.#job(cell, arm)
      job.finished = triesState(job.tries, this.#repeatsOf(job)) !== 'open'
      if (job.finished) continue
      this.#openJobs += 1
      const { completed, broken, running } = job.tries
      const due = this.#repeatsOf(job) - completed - broken - running
      for (let repeat = 0; repeat < due; repeat += 1) this.#enqueue(job, false)
    }
  }

  #repeatsOf({ cell }: Job): number {
    return this.#repeats + (this.#ordered.get(cell.id) ?? 0)
  }

  #enqueue(job: Job, urgent: boolean): void {
    job.queued += 1
    let line = this.#lines.get(job.cell.provider)
    if (line === undefined) this.#lines.set(job.cell.provider, (line = new Pending()))
    if (urgent) line.pushUrgent(job)
    else line.push(job)
  }

  #fill(line: Pending<Job>, start: Assignment[], reuse: ControlReuse[]): void {
    let first: Job | undefined
    // What waits for a host that may come keeps no other from the hosts that are there.
    line.offer(this.#hostsComeLater ? Infinity : WINDOW, (job, isFirst) => {
      if (job.finished) return this.#unqueue(job)
      // A repeat that was ordered is a machine of its own: what it is compared with is measured anew.
      if (job.arm === 'control' && !this.#ordered.has(job.cell.id)) {
        const { answer, ...rest } = this.#controls.ask(job.cell.controlKey, job.cell.id, job)
        if (answer === 'wait') return 'take'
        if (answer === 'reuse' && job.tries.running === 0) {
          this.#reuse(job, 'source' in rest ? rest.source : '', reuse)
          return this.#unqueue(job)
        }
      }
      const assignment = this.#place(job)
      if (assignment === 'impossible') return this.#unqueue(job)
      if (assignment === undefined) {
        if (isFirst) first = job
        if (!this.#slots.hasRoom()) return 'stop'
        return isFirst && job.passedOver >= PATIENCE && this.#canBePlaced(job) ? 'stop' : 'keep'
      }
      start.push(assignment)
      if (first !== undefined) first.passedOver += 1
      job.passedOver = 0
      return this.#unqueue(job)
    })
  }

  #unqueue(job: Job): 'take' {
    job.queued -= 1
    return 'take'
  }

  /** Whether some host can ever take it, other than `but`. */
  #canBePlaced({ cell }: Job, but?: string): boolean {
    return this.#slots.possible(
      cell.provider,
      needOf(cell),
      (host) => host !== but && this.#policy.carries(host, cell),
    )
  }

  #place(job: Job): Assignment | 'impossible' | undefined {
    const need = needOf(job.cell)
    const carries = (host: string): boolean => this.#policy.carries(host, job.cell)
    if (!this.#canBePlaced(job)) {
      const given = this.#hostsComeLater ? this.#policy.givesUp(job.cell) : ''
      if (given === undefined) return undefined
      const because =
        given !== ''
          ? given
          : `no host of the lab that is still in use can take ${need.vcpus} vCPUs and ${need.memoryMiB} MiB with provider ${job.cell.provider}`
      this.#impossible.push({ cell: job.cell.id, arm: job.arm, because })
      this.#finish(job, 'given-up')
      return 'impossible'
    }
    // Both arms on one host: what is measured is then compared on equal ground.
    const beside = this.#job(job.cell, job.arm === 'control' ? 'candidate' : 'control').lastHost
    const host = this.#slots.choose(job.cell.provider, need, job.tries.avoid, beside, carries)
    if (host === undefined) return undefined
    const slot = this.#slots.take(host, need)
    if (slot === undefined) return undefined
    if (job.arm === 'control') this.#controls.own(job.cell.controlKey, job.cell.id)
    job.tries.attempts += 1
    job.tries.running += 1
    job.lastHost = host
    const assignment = { cell: job.cell, arm: job.arm, attempt: job.tries.attempts, host, slot }
    this.#running.set(attemptId({ ...assignment, cell: job.cell.id }), newlyRunning(assignment))
    return assignment
  }

  #reuse(job: Job, source: string, reuse: ControlReuse[]): void {
    const skip = job.tries.completed
    reuse.push({ cell: job.cell, source, firstAttempt: job.tries.attempts + 1, skip })
    job.tries.attempts += this.#repeats - skip
    job.tries.completed = this.#repeats
    job.finished = true
    this.#openJobs -= 1
  }

  #close(
    event: { readonly cell: string; readonly arm: Arm; readonly attempt: number },
    end: AttemptEnd,
  ): void {
    const running = this.#running.get(attemptId(event))
    if (running === undefined) return
    this.#running.delete(attemptId(event))
    const { host, slot, cell, arm } = running.assignment
    this.#slots.release(host, slot)
    const job = this.#job(cell, arm)
    job.tries.running -= 1
    countEnd(job.tries, end, host, running.clean && !running.flawed, running.fault === 'HOST_LOST')
    if (this.#slots.isOnProbation(host)) this.#judgeProbation(host, end, running.clean)
    const drain = this.#health.note({
      host,
      cell: cell.id,
      arm,
      end,
      clean: running.clean,
      fault: running.fault,
      isOnlyHost: !this.#canBePlaced(job, host),
    })
    if (drain !== undefined && !this.#slots.isDrained(host)) {
      this.#slots.drain(host)
      this.#drain.push({ host, because: drain })
    }
    const repeats = this.#repeatsOf(job)
    const state = triesState(job.tries, repeats)
    if (state !== 'open') this.#finish(job, state)
    else if (job.tries.running + job.queued < repeats - job.tries.completed - job.tries.broken)
      this.#enqueue(job, true)
  }

  /** What is unclean may be the candidate's: it speaks neither for the host nor against it. */
  #judgeProbation(host: string, end: AttemptEnd, clean: boolean): void {
    if (end === 'host-fault') this.#slots.drain(host)
    if (end !== 'completed' || !clean) return
    this.#slots.trust(host)
    this.#returned.push(host)
  }

  #finish(job: Job, state: 'done' | 'given-up'): void {
    if (job.finished) return
    job.finished = true
    this.#openJobs -= 1
    if (job.arm === 'candidate') return
    const whole = state === 'done' && job.tries.completed >= this.#repeats
    const result = whole ? (job.tries.clean ? 'clean' : 'unclean') : 'given-up'
    for (const waiting of this.#controls.finish(job.cell.controlKey, job.cell.id, result)) {
      waiting.queued -= 1
      this.#enqueue(waiting, true)
    }
  }

  #remember(state: RunState): void {
    for (const attempt of state.attempts) {
      const cell = this.#cells.get(attempt.cell)
      if (cell === undefined) continue
      const { tries } = this.#job(cell, attempt.arm)
      tries.attempts = Math.max(tries.attempts, attempt.attempt)
      // Only evidence is remembered: whoever resumes a run says that lab and plugins are fit to be tried again.
      if (attempt.end === 'completed') countEnd(tries, attempt.end, attempt.host, isClean(attempt))
    }
    for (const [id, { attempts = [] }] of state.reusedControls) {
      const cell = this.#cells.get(id)
      if (cell !== undefined) this.#job(cell, 'control').tries.completed += attempts.length
    }
    for (const { cell, arm, tries } of this.#jobs.values()) {
      if (arm === 'candidate' || tries.completed < this.#repeats) continue
      // Attempts of another cell of this run, or its own: what it took from an earlier run was copied as its own.
      const source = state.reusedControls.get(cell.id)?.attempts?.[0]?.split('/')[0] ?? cell.id
      if (tries.clean) this.#controls.markReady(cell.controlKey, source)
      else this.#controls.finish(cell.controlKey, cell.id, 'unclean')
    }
  }

  #job(cell: PlannedCell, arm: Arm): Job {
    const name = `${cell.id} ${arm}`
    let job = this.#jobs.get(name)
    if (job === undefined) {
      job = { cell, arm, tries: noTries(), finished: false, queued: 0, lastHost: undefined, passedOver: 0 }
      this.#jobs.set(name, job)
    }
    return job
  }

  #step(
    kind: SchedulerStep['kind'],
    stage: StageProgress | undefined,
    opens: boolean,
    start: readonly Assignment[],
    reuse: readonly ControlReuse[],
  ): SchedulerStep {
    const [drain, returned, impossible] = [this.#drain, this.#returned, this.#impossible]
    this.#drain = []
    this.#returned = []
    this.#impossible = []
    const stageCells = opens ? (stage?.cells ?? []) : []
    return { kind, stage: stage?.id, stageCells, opens, start, reuse, drain, returned, impossible }
  }
}

function needOf({ machine }: PlannedCell): MachineNeed {
  return { vcpus: machine.cpu.count, memoryMiB: machine.memoryMiB }
}
