/**
 * The side of a run in the fleet: offers attempts to hosts of workers, writes what they deliver into the run's journal, and decides
 * which workers are lost. All that must survive it is in the database or in the journal; it can be killed at any instant.
 */
import { monotonicMs, systemClock } from '../kit/clock.ts'
import { oneLine } from '../kit/text.ts'
import { attemptId } from '../model/attempt-id.ts'
import { AppError, asAppError } from '../model/errors.ts'
import type { AttemptEnd, RunEvent } from '../model/event.ts'
import type { RunDocument } from '../model/fleet.ts'
import type { Plan } from '../model/plan.ts'
import { runEvents } from '../record/run-events.ts'
import type { AttemptResult } from '../run/attempt/run-cell.ts'
import type { Scheduler } from '../run/schedule/scheduler.ts'
import type { Assignment } from '../run/schedule/scheduler-step.ts'
import type { RemoteLab, RemoteSession } from '../run/session/remote-lab.ts'
import { sendCandidate } from './candidate-files.ts'
import { isAway, type Database } from './database.ts'
import { acceptLine, MOST_EVIDENCE } from './delivered-event.ts'
import type { OpenAttempt } from './open-attempt.ts'
import { HostView } from './host-view.ts'
import type { JobStatus } from './job-queue.ts'
import { jobIdOf, type LeaseStore, type OfferedAttempt } from './lease-store.ts'
import { receiveEvidence } from './receive-evidence.ts'
import type { Registry } from './registry.ts'
import { mayJudgeSilence, NOT_YET_AWAKE, noteLook } from './watchfulness.ts'

export interface CoordinatorOptions {
  readonly database: Database
  readonly leases: LeaseStore
  readonly registry: Registry
  readonly plan: Plan
  readonly document: RunDocument
  /** Folder of the candidate, from which its files are sent. */
  readonly candidateFolder: string
  readonly priority: number
  /** A worker that is silent for longer is lost. */
  readonly silenceSeconds: number
  /** A cell that no host can take for so long is given up as never started. */
  readonly waitMs: number
  /** The plan is for simulated machines. */
  readonly simulated: boolean
  readonly warn: (message: string) => void
}

/** How often deliveries are looked for … */
const LOOK_MS = 250
/** … and workers, other runs and the state of ours told. */
const VIEW_MS = 1500
/** A worker that is not heard of for so long gets nothing new. */
const ABSENT_MS = 20_000
/** An offer that a living worker does not take for so many graces is taken back. */
const UNTAKEN_GRACES = 3

/** Faults that the coordinator writes. */
const LOSSES: ReadonlySet<string> = new Set(['HOST_LOST', 'HOST_NOT_STARTED', 'HOST_DELIVERY'])

export class Coordinator implements RemoteLab {
  readonly simulated: boolean
  readonly #options: CoordinatorOptions
  readonly #view: HostView
  readonly #open = new Map<string, OpenAttempt>()
  readonly #known = new Map<string, OfferedAttempt>()
  readonly #offeredAt = new Map<string, number>()
  readonly #inspected = new Set<string>()
  /** Events of attempts that go on which earlier sessions wrote. */
  readonly #written = new Map<string, number>()
  #session: RemoteSession | undefined
  #scheduler: Scheduler | undefined
  #wake: () => void = () => undefined
  #awake = NOT_YET_AWAKE
  #isAway = false
  readonly #stop = new AbortController()
  #working: Promise<void> = Promise.resolve()
  #finished = { count: 0, since: 0 }

  constructor(options: CoordinatorOptions) {
    this.#options = options
    this.simulated = options.simulated
    this.#view = new HostView({
      toolVersion: options.document.toolVersion,
      simulated: options.simulated,
      absentMs: ABSENT_MS,
      waitMs: options.waitMs,
    })
  }

  async open(session: RemoteSession): Promise<readonly Assignment[]> {
    this.#session = session
    const { registry, database, plan, document, candidateFolder, priority, leases } = this.#options
    const { run, state } = session
    await registry.openRun(run, priority, document)
    await sendCandidate(database, run, candidateFolder, document)
    await registry.addSorts(run, [...plan.cells, ...state.addedCells])
    session.journal.subscribe((event) => {
      if (event.type === 'cells-added')
        void this.#patiently(() => registry.addSorts(run, event.cells)).catch(() => undefined)
    })
    this.#finished = { count: 0, since: monotonicMs() }
    const cells = new Map([...plan.cells, ...state.addedCells].map((cell) => [cell.id, cell]))
    await this.#countWritten(session)
    for (const { cell, imageSha256 } of state.attempts) {
      const planned = cells.get(cell)
      if (planned !== undefined && imageSha256 !== undefined) this.#view.pinImage(planned.image, imageSha256)
    }
    const adopted: Assignment[] = []
    for (const offered of await leases.ofRun(run)) {
      const cell = cells.get(offered.cell)
      const known = state.attemptsById.get(attemptId(offered))
      if (cell === undefined || known?.end !== undefined) {
        // Its end is in the journal already.
        await leases.settled(offered)
        continue
      }
      this.#known.set(offered.job, offered)
      const { arm, attempt, slot } = offered
      adopted.push({ cell, arm, attempt, slot, host: hostName(offered) })
    }
    return adopted
  }

  async #countWritten({ runFolder }: RemoteSession): Promise<void> {
    for await (const event of runEvents(runFolder)) {
      if (!('attempt' in event)) continue
      // The coordinator's own, before the end that it wrote or was about to write.
      if (event.type === 'fault' && LOSSES.has(event.fault.code)) continue
      const id = attemptId(event)
      this.#written.set(id, (this.#written.get(id) ?? 0) + 1)
    }
  }

  serve(scheduler: Scheduler, wake: () => void): void {
    this.#scheduler = scheduler
    this.#wake = wake
    scheduler.setPolicy({
      carries: (host, cell) => this.#view.carries(host, cell),
      givesUp: (cell) => this.#view.givesUp(cell, monotonicMs()),
    })
    this.#working = this.#work()
  }

  async attempt(assignment: Assignment, signal: AbortSignal): Promise<AttemptResult> {
    const session = this.#opened()
    const { cell, arm, attempt, slot } = assignment
    const job = jobIdOf(session.run, cell.id, arm, attempt)
    const [worker = '', host = ''] = assignment.host.split('/')
    const offered = this.#known.get(job) ?? { job, cell: cell.id, arm, attempt, slot, worker, host }
    const written = this.#written.get(attemptId(offered)) ?? 0
    return await new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#open.delete(job)
        // Nothing is written down: what is ordered goes on, and the next session with it.
        resolve({ end: 'interrupted', pluginFaults: 0, leftBehind: [] })
      }
      if (signal.aborted) return leave()
      signal.addEventListener('abort', leave, { once: true })
      const done = (): void => signal.removeEventListener('abort', leave)
      this.#open.set(job, {
        offered,
        assignment,
        provider: cell.provider,
        next: written,
        opened: written > 0,
        end: undefined,
        phase: 'provision',
        evidenceBytes: 0,
        pluginFaults: 0,
        leftBehind: new Map(),
        settle(result) {
          done()
          resolve(result)
        },
        fail(error) {
          done()
          reject(asAppError(error))
        },
      })
      if (!this.#known.has(job))
        void this.#order(assignment, offered, signal).catch((error: unknown) =>
          this.#open.get(job)?.fail(error),
        )
    })
  }

  async close(done: boolean): Promise<void> {
    this.#stop.abort()
    await this.#working
    if (done && this.#session !== undefined) await this.#options.registry.closeRun(this.#session.run)
  }

  /** Offers it as soon as its share is free; where its host goes away meanwhile, it ends as never started. */
  async #order(assignment: Assignment, offered: OfferedAttempt, signal: AbortSignal): Promise<void> {
    const { leases, priority, silenceSeconds } = this.#options
    const { run } = this.#opened()
    const { cell, arm, attempt, slot, host } = assignment
    while (!signal.aborted && !this.#stop.signal.aborted) {
      const room = this.#view.room(host)
      if (room === undefined) {
        const open = this.#open.get(offered.job)
        // An offer whose answer was lost may stand all the same.
        const isOffered = (await this.#patiently(() => leases.ofRun(run))).some(
          ({ job }) => job === offered.job,
        )
        if (open !== undefined && !isOffered)
          await this.#endAsLost(
            open,
            'HOST_NOT_STARTED',
            'never started: its host went away before it took the attempt',
          )
        if (!isOffered) return
      }
      const order = { run, cell, arm, attempt, slot }
      const place = { worker: offered.worker, host: offered.host }
      const offer = {
        order,
        place,
        priority,
        silenceSeconds,
        room: room ?? { vcpus: 0, memoryMiB: 0, machines: 0 },
      }
      if (await this.#patiently(() => leases.offer(offer))) {
        this.#known.set(offered.job, offered)
        this.#offeredAt.set(offered.job, monotonicMs())
        return
      }
      await systemClock.sleep(LOOK_MS, this.#stop.signal).catch(() => undefined)
    }
  }

  async #work(): Promise<void> {
    let viewed = -Infinity
    while (!this.#stop.signal.aborted) {
      try {
        if (monotonicMs() - viewed >= VIEW_MS) {
          await this.#lookAround()
          viewed = monotonicMs()
        }
        await this.#lookForDeliveries()
        if (this.#isAway) this.#options.warn('the database answers again')
        this.#isAway = false
      } catch (error) {
        this.#awake = noteLook(this.#awake, { at: monotonicMs() })
        if (!isAway(error)) return this.#failAll(error)
        if (!this.#isAway)
          this.#options.warn(
            `the database is away (${oneLine(String(error), 200)}): what runs goes on meanwhile`,
          )
        this.#isAway = true
      }
      await systemClock.sleep(LOOK_MS, this.#stop.signal).catch(() => undefined)
    }
  }

  #failAll(error: unknown): void {
    for (const open of this.#open.values()) open.fail(error)
    this.#open.clear()
  }

  /** Who is there, what others take, what may start. */
  async #lookAround(): Promise<void> {
    const { registry, leases } = this.#options
    const { run, journal, state } = this.#opened()
    const scheduler = this.#scheduler
    if (scheduler === undefined) return
    const [workers, answers, taken, contenders] = await Promise.all([
      registry.workers(),
      registry.answers(run),
      leases.taken(),
      leases.contenders(),
    ])
    const changes = this.#view.note({ workers, answers, taken, run, at: monotonicMs() })
    for (const host of changes.closed) scheduler.hostClosed(host)
    for (const { capacity, foreign, facts } of changes.open) {
      if (!this.#inspected.has(capacity.name) && !state.hosts.has(capacity.name))
        await journal.append({
          type: 'host-inspected',
          at: systemClock.now(),
          host: capacity.name,
          provider: capacity.provider,
          facts: { ...facts },
        })
      this.#inspected.add(capacity.name)
      scheduler.hostOpened(capacity, foreign)
    }
    const waiting = scheduler.waiting()
    const now = monotonicMs()
    const { count, since } = this.#finished
    const left = waiting.length + this.#open.size
    const expectedEnd = count < 3 ? undefined : systemClock.now() + ((now - since) / count) * left
    const cancelled = await registry.runSeen(run, {
      waiting: waiting.length,
      reasons: this.#view.reasons(waiting),
      ...(expectedEnd === undefined ? {} : { expectedEnd }),
    })
    if (cancelled)
      return this.#failAll(
        new AppError('RUN_CANCELLED', 'cancelled', 'the run was cancelled by `ringzero queue cancel`', {
          hint: 'nothing of it is lost: go on with it by `ringzero resume`',
        }),
      )
    const me = contenders.find((entry) => entry.run === run)
    scheduler.paused = contenders.some(
      (other) => other.run !== run && other.waiting > 0 && me !== undefined && other.priority > me.priority,
    )
    this.#wake()
  }

  async #lookForDeliveries(): Promise<void> {
    const { leases, silenceSeconds } = this.#options
    const known = [...this.#open.values()].filter(({ offered }) => this.#known.has(offered.job))
    const jobs = known.map(({ offered }) => offered.job)
    const { states, databaseAt } = await leases.look(jobs)
    this.#awake = noteLook(this.#awake, { at: monotonicMs(), databaseAt })
    await this.#takeLines(known)
    for (const open of known) {
      const status = states.get(open.offered.job)
      if (status?.state === 'created') await this.#withdrawUntaken(open)
      else if (status?.state !== 'active') await this.#conclude(open, status)
    }
    if (mayJudgeSilence(this.#awake, silenceSeconds * 1000))
      await leases.loseSilent(known.filter(({ end }) => end === undefined).map(({ offered }) => offered))
  }

  async #withdrawUntaken({ offered }: OpenAttempt): Promise<void> {
    const since = this.#offeredAt.get(offered.job) ?? monotonicMs()
    this.#offeredAt.set(offered.job, since)
    const isAbsent = this.#view.room(hostName(offered)) === undefined
    const graceMs = this.#options.silenceSeconds * 1000
    if (!mayJudgeSilence(this.#awake, graceMs)) return
    if (monotonicMs() - since > graceMs * (isAbsent ? 1 : UNTAKEN_GRACES))
      await this.#options.leases.withdraw(offered)
  }

  /** Brings all lines that are there into the journal, in the order of each attempt. */
  async #takeLines(known: readonly OpenAttempt[]): Promise<void> {
    const { leases } = this.#options
    const byJob = new Map(known.map((open) => [open.offered.job, open]))
    for (;;) {
      const delivered = await leases.lines([...byJob.keys()])
      if (delivered.length === 0) return
      const touched = new Map<string, number>()
      const writes: Promise<void>[] = []
      for (const { job, seq, line } of delivered) {
        const open = byJob.get(job)
        if (open === undefined) continue
        if (seq === open.next && open.end === undefined) await this.#takeLine(open, line, writes)
        if (open.end !== undefined) byJob.delete(job)
        touched.set(job, open.next)
      }
      // On the disk before it is forgotten.
      await Promise.all(writes)
      await leases.linesTaken(touched)
      if (byJob.size === 0) return
    }
  }

  async #takeLine(open: OpenAttempt, line: string, writes: Promise<void>[]): Promise<void> {
    const { run, runFolder, journal, masker } = this.#opened()
    const { offered, provider, next } = open
    const host = hostName(offered)
    let event: RunEvent | { readonly wrong: string } = acceptLine(line, {
      cell: offered.cell,
      arm: offered.arm,
      attempt: offered.attempt,
      slot: offered.slot,
      host,
      provider,
      run,
      seq: next,
      closed: false,
    })
    if (!('wrong' in event) && event.type === 'evidence-saved') {
      open.evidenceBytes += event.evidence.bytes
      const pieces = this.#options.leases.evidence(offered.job, event.evidence.id)
      const received =
        open.evidenceBytes > MOST_EVIDENCE
          ? { wrong: 'its evidence is too large' }
          : await receiveEvidence(runFolder, event.evidence, pieces, masker)
      event = 'wrong' in received ? received : { ...event, evidence: received }
    }
    if (
      !('wrong' in event) &&
      event.type === 'machine-announced' &&
      !this.#view.isSameImage(open.assignment.cell, event.imageSha256)
    )
      event = { wrong: 'its machine started from another build of the image than the others of this run' }
    if ('wrong' in event) {
      await this.#options.leases.cancel(offered)
      await this.#endAsLost(
        open,
        'HOST_DELIVERY',
        `what worker ${offered.worker} sent is refused: ${event.wrong}`,
      )
      return
    }
    if (event.type === 'attempt-closed' && event.end === 'interrupted') {
      await this.#endAsLost(open, 'HOST_LOST', `worker ${offered.worker} was stopped`)
      return
    }
    open.next += 1
    open.opened = true
    if (event.type === 'phase-opened') open.phase = event.phase
    if (event.type === 'fault' && event.fault.fault === 'plugin') open.pluginFaults += 1
    if (event.type === 'machine-created') open.leftBehind.set(event.ref.name, true)
    if (event.type === 'machine-destroyed' || event.type === 'machine-kept')
      open.leftBehind.delete(event.name)
    const write = journal.append(event)
    if (event.type === 'attempt-closed') {
      open.end = event.end
      await write
      await this.#settle(open, event.end)
      return
    }
    // Whoever waits for all of them hears of a failure; none may be without a listener until then.
    write.catch(() => undefined)
    writes.push(write)
  }

  async #settle(open: OpenAttempt, end: AttemptEnd): Promise<void> {
    this.#finished.count += 1
    this.#open.delete(open.offered.job)
    this.#known.delete(open.offered.job)
    this.#offeredAt.delete(open.offered.job)
    await this.#patiently(() => this.#options.leases.settled(open.offered))
    const host = hostName(open.offered)
    open.settle({
      end,
      pluginFaults: open.pluginFaults,
      leftBehind: [...open.leftBehind.keys()].map((name) => `${name} on ${host}`),
    })
  }

  /** Its job has an end without an end of the attempt: the host's fault, whatever the machine saw until then. */
  async #conclude(open: OpenAttempt, status: JobStatus | undefined): Promise<void> {
    if (open.end !== undefined) return
    const { offered } = open
    if (status?.state === 'completed') {
      // Its last lines came in the same transaction: they are read before the next look.
      await this.#takeLines([open])
      if (open.end !== undefined || !this.#open.has(offered.job)) return
      return await this.#endAsLost(open, 'HOST_DELIVERY', `what worker ${offered.worker} sent has no end`)
    }
    if (status?.state === 'failed') {
      const because = oneLine(status.because ?? 'its worker gave it up', 300)
      return await this.#endAsLost(open, 'HOST_LOST', `worker ${offered.worker}: ${because}`)
    }
    const never = open.opened ? 'it was cancelled' : 'never started: its worker did not take it in time'
    await this.#endAsLost(open, open.opened ? 'HOST_LOST' : 'HOST_NOT_STARTED', never)
  }

  /** Writes the host's fault down, then lets the scheduler count it: a retry is never begun before its counter is on the disk. */
  async #endAsLost(open: OpenAttempt, code: string, message: string): Promise<void> {
    const { journal } = this.#opened()
    const { cell, arm, attempt, slot } = open.offered
    const at = systemClock.now()
    const head = { at, cell, arm, attempt }
    if (!open.opened)
      await journal.append({ type: 'attempt-opened', ...head, host: hostName(open.offered), slot })
    await journal.append({
      type: 'fault',
      ...head,
      phase: open.phase,
      fault: { code, fault: 'host', message },
    })
    open.end = 'host-fault'
    await journal.append({ type: 'attempt-closed', ...head, end: 'host-fault' })
    await this.#settle(open, 'host-fault')
  }

  /** Again and again while the database is away. @throws any other error, and the last one when the session ends */
  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (!isAway(error) || this.#stop.signal.aborted) throw error
        await systemClock.sleep(LOOK_MS * 4, this.#stop.signal).catch(() => undefined)
      }
    }
  }

  #opened(): RemoteSession {
    if (this.#session === undefined) throw new Error('this session was not opened')
    return this.#session
  }
}

/** As journal and scheduler call a host of a worker. */
function hostName({ worker, host }: { readonly worker: string; readonly host: string }): string {
  return `${worker}/${host}`
}
