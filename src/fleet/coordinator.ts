/**
 * The side of a run in the fleet: offers attempts to hosts of workers, writes what they deliver into the run's journal, and decides
 * which workers are lost. All that must survive it is in the database or in the journal; it can be killed at any instant.
 */
import { randomUUID } from 'node:crypto'
import { monotonicMs, systemClock } from '../kit/clock.ts'
import { oneLine } from '../kit/text.ts'
import { attemptId } from '../model/attempt-id.ts'
import { AppError, asAppError } from '../model/errors.ts'
import type { RunDocument } from '../model/fleet.ts'
import type { Plan } from '../model/plan.ts'
import { runEvents } from '../record/run-events.ts'
import type { AttemptResult } from '../run/attempt/run-cell.ts'
import type { Scheduler } from '../run/schedule/scheduler.ts'
import type { Assignment } from '../run/schedule/scheduler-step.ts'
import type { RemoteLab, RemoteSession } from '../run/session/remote-lab.ts'
import { AttemptIntake, LOSSES } from './attempt-intake.ts'
import { sendCandidate } from './candidate-files.ts'
import { isAway, type Database } from './database.ts'
import { HostView } from './host-view.ts'
import { jobIdOf, takenOver, type LeaseStore, type OfferedAttempt, type RunHold } from './lease-store.ts'
import { hostName, type OpenAttempt } from './open-attempt.ts'
import { patiently, pause } from './patience.ts'
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
const AWAY_MS = 1000

/** What there is from the first step of a session on. */
interface Opened extends RemoteSession {
  readonly hold: RunHold
  readonly intake: AttemptIntake
}

export class Coordinator implements RemoteLab {
  readonly simulated: boolean
  readonly #options: CoordinatorOptions
  readonly #view: HostView
  readonly #open = new Map<string, OpenAttempt>()
  readonly #known = new Map<string, OfferedAttempt>()
  readonly #offeredAt = new Map<string, number>()
  /** Hosts for which something of a run that goes first waits. */
  #kept: ReadonlySet<string> = new Set()
  readonly #inspected = new Set<string>()
  /** Events of attempts that go on which earlier sessions wrote. */
  readonly #written = new Map<string, number>()
  /** Names this session: another coordinator that goes on with the run has another one, and this one is told so. */
  readonly #holder = randomUUID()
  #opened: Opened | undefined
  #scheduler: Scheduler | undefined
  #wake: () => void = () => undefined
  #fail: (error: unknown) => void = () => undefined
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
    const { registry, database, plan, document, candidateFolder, priority, leases } = this.#options
    const { run, state } = session
    const hold = { run, holder: this.#holder }
    const intake = new AttemptIntake({
      leases,
      hold,
      view: this.#view,
      session,
      onEnd: (open) => this.#forget(open),
      stop: this.#stop.signal,
      onAway: (error) => this.#noteAway(error),
    })
    this.#opened = { ...session, hold, intake }
    await registry.openRun(hold, priority, document)
    await sendCandidate(database, run, candidateFolder, document)
    await registry.addSorts(run, [...plan.cells, ...state.addedCells])
    session.journal.subscribe((event) => {
      if (event.type === 'cells-added')
        void this.#patiently(() => registry.addSorts(run, event.cells)).catch(() => undefined)
    })
    session.journal.subscribe((event) => {
      if (event.type === 'host-drained') this.#view.drain(event.host, event.because)
      if (event.type === 'host-returned') this.#view.undrain(event.host)
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
        await leases.settled(offered, hold)
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

  serve(scheduler: Scheduler, wake: () => void, fail: (error: unknown) => void): void {
    this.#scheduler = scheduler
    this.#wake = wake
    this.#fail = fail
    scheduler.setPolicy({
      carries: (host, cell) => !this.#kept.has(host) && this.#view.carries(host, cell),
      givesUp: (cell) => this.#view.givesUp(cell, monotonicMs()),
    })
    this.#working = this.#work()
  }

  async attempt(assignment: Assignment, signal: AbortSignal): Promise<AttemptResult> {
    const { run } = this.#session()
    const { cell, arm, attempt, slot } = assignment
    const job = jobIdOf(run, cell.id, arm, attempt)
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
    if (done && this.#opened !== undefined) await this.#options.registry.closeRun(this.#opened.hold)
  }

  /** Offers it as soon as its share is free; where its host goes away meanwhile, it ends as never started. */
  async #order(assignment: Assignment, offered: OfferedAttempt, signal: AbortSignal): Promise<void> {
    const { leases, priority, silenceSeconds } = this.#options
    const { run, hold, intake } = this.#session()
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
          await intake.endAsLost(
            open,
            'HOST_NOT_STARTED',
            'never started: its host went away before it took the attempt',
          )
        if (!isOffered) return
      }
      const order = { run, cell, arm, attempt, slot }
      const place = { worker: offered.worker, host: offered.host }
      const offer = {
        hold,
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
      await pause(LOOK_MS, this.#stop.signal)
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
        this.#noteAway(error)
      }
      await pause(LOOK_MS, this.#stop.signal)
    }
  }

  #noteAway(error: unknown): void {
    if (!this.#isAway)
      this.#options.warn(`the database is away (${oneLine(String(error), 200)}): what runs goes on meanwhile`)
    this.#isAway = true
  }

  /** The run ends with this error, also where nothing of it is open. */
  #failAll(error: unknown): void {
    this.#stop.abort()
    for (const open of this.#open.values()) open.fail(error)
    this.#open.clear()
    this.#fail(error)
  }

  #forget({ offered }: OpenAttempt): void {
    this.#finished.count += 1
    this.#open.delete(offered.job)
    this.#known.delete(offered.job)
    this.#offeredAt.delete(offered.job)
  }

  /** Who is there, what others take, what may start. */
  async #lookAround(): Promise<void> {
    const { registry, leases, priority } = this.#options
    const { run, hold, journal, state } = this.#session()
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
    for (const host of changes.renewed) scheduler.hostRenewed(host)
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
    const standing = await registry.runSeen(
      hold,
      {
        waiting: waiting.length,
        reasons: this.#view.reasons(waiting),
        ...(expectedEnd === undefined ? {} : { expectedEnd }),
      },
      this.#view.wanted(waiting),
    )
    if (standing === 'taken-over') return this.#failAll(takenOver(run))
    if (standing === 'cancelled')
      return this.#failAll(
        new AppError('RUN_CANCELLED', 'cancelled', 'the run was cancelled by `ringzero queue cancel`', {
          hint: 'nothing of it is lost: go on with it by `ringzero resume`',
        }),
      )
    const first = contenders.filter(
      (other) => other.run !== run && other.waiting > 0 && other.priority > priority,
    )
    this.#kept = new Set(first.flatMap(({ wants }) => wants))
    this.#wake()
  }

  async #lookForDeliveries(): Promise<void> {
    const { leases, silenceSeconds } = this.#options
    const { hold, intake } = this.#session()
    const known = [...this.#open.values()].filter(({ offered }) => this.#known.has(offered.job))
    const jobs = known.map(({ offered }) => offered.job)
    const { states, databaseAt } = await leases.look(jobs)
    this.#awake = noteLook(this.#awake, { at: monotonicMs(), databaseAt })
    await intake.takeLines(known)
    for (const open of known) {
      const status = states.get(open.offered.job)
      if (status?.state === 'created') await this.#withdrawUntaken(open)
      else if (status?.state !== 'active') await intake.conclude(open, status)
    }
    if (mayJudgeSilence(this.#awake, silenceSeconds * 1000))
      await leases.loseSilent(
        known.filter(({ end }) => end === undefined).map(({ offered }) => offered),
        hold,
      )
  }

  async #withdrawUntaken({ offered }: OpenAttempt): Promise<void> {
    const since = this.#offeredAt.get(offered.job) ?? monotonicMs()
    this.#offeredAt.set(offered.job, since)
    const isAbsent = this.#view.room(hostName(offered)) === undefined
    const graceMs = this.#options.silenceSeconds * 1000
    if (!mayJudgeSilence(this.#awake, graceMs)) return
    if (monotonicMs() - since > graceMs * (isAbsent ? 1 : UNTAKEN_GRACES))
      await this.#options.leases.withdraw(offered, this.#session().hold)
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return patiently(work, AWAY_MS, this.#stop.signal, (error) => this.#noteAway(error))
  }

  #session(): Opened {
    if (this.#opened === undefined) throw new Error('this session was not opened')
    return this.#opened
  }
}
