/**
 * A worker: lends the hosts of its lab. It takes what is offered to them, says again and again that it lives, stops by itself what it
 * does not hold any more, and goes on with what it has while the database is away.
 */
import { mkdir, readdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../kit/clock.ts'
import { oneLine } from '../kit/text.ts'
import { AppError, asAppError } from '../model/errors.ts'
import { OrderSchema, type Fitness, type Order, type WorkerHost } from '../model/fleet.ts'
import type { Plan, PlannedCell } from '../model/plan.ts'
import { emptyRunState, foldEvent } from '../model/run-state.ts'
import { runEvents } from '../record/run-events.ts'
import { destroyLeftover } from '../run/session/run-leftovers.ts'
import type { RunParts } from '../run/run-parts.ts'
import { isAway } from './database.ts'
import type { LeaseStore, Place } from './lease-store.ts'
import { patiently, pause } from './patience.ts'
import type { CellSort, Registry } from './registry.ts'
import { Courier, keepOrder, readOrder, runOrder } from './worker-attempt.ts'

/** A run as this worker can make its machines. */
export interface WorkerRun {
  readonly plan: Plan
  readonly parts: RunParts
  /** Whether its hosts can carry a cell. @throws AppError when nothing of this run can be made here */
  fitness(cell: PlannedCell): Promise<Fitness>
}

export interface WorkerOptions {
  readonly name: string
  readonly toolVersion: string
  readonly leases: LeaseStore
  readonly registry: Registry
  /** Looks at the hosts of the lab. */
  readonly hosts: () => Promise<readonly WorkerHost[]>
  /** Opens a run that something was offered of. @throws AppError when this lab cannot */
  readonly openRun: (run: string) => Promise<WorkerRun>
  /** For machines that an earlier process left. */
  readonly parts: Pick<RunParts, 'hosts' | 'clock' | 'log' | 'storeFolder'>
  /** Where attempts are kept until they are delivered. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly say: (message: string) => void
}

interface HeldAttempt {
  readonly place: Place
  readonly order: Order
  readonly stop: AbortController
  readonly over: Promise<void>
}

const BEAT_MS = 2500
const TAKE_MS = 500
const AWAY_MS = 2000
/** Where less is free, nothing new is taken: an attempt that cannot be recorded is lost. */
const LEAST_FREE_BYTES = 512 * 1024 * 1024
/** How long a stopped worker tries to deliver its last words. */
const LAST_WORDS_MS = 10_000

export class Worker {
  readonly #options: WorkerOptions
  readonly #held = new Map<string, HeldAttempt>()
  readonly #runs = new Map<string, Promise<WorkerRun>>()
  #hosts: readonly WorkerHost[] = []
  #isAway = false

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  /** Works until the signal aborts; all machines are gone then. @throws the database's error for what is wrong with it, not for its absence */
  async work(): Promise<void> {
    const { registry, name, toolVersion, signal, hosts, say } = this.#options
    this.#hosts = await hosts()
    await this.#patiently(async () => {
      if (!(await registry.enter(name, toolVersion, this.#hosts)))
        throw new AppError(
          'WORKER_NAME',
          'user',
          `the worker ${name} belongs to another account of the database`,
          {
            hint: 'choose another --name: one account may have several workers, one worker has one account',
          },
        )
    })
    await this.#recover()
    say(`worker ${name} takes attempts for ${this.#hosts.map((host) => host.name).join(', ')}`)
    let beaten = Number.NEGATIVE_INFINITY
    while (!signal.aborted) {
      try {
        if (systemClock.now() - beaten >= BEAT_MS || systemClock.now() < beaten) {
          await this.#beat()
          await this.#answer()
          beaten = systemClock.now()
        }
        for (const host of this.#hosts) await this.#take(host)
        if (this.#isAway) say('the database answers again')
        this.#isAway = false
        await pause(TAKE_MS, signal)
      } catch (error) {
        if (!isAway(error)) {
          await this.#stopAll()
          throw error
        }
        this.#noteAway(error)
        await pause(AWAY_MS, signal)
      }
    }
    await this.#stopAll()
    await registry.leave(name).catch(() => undefined)
  }

  /** Undoes or delivers what the process before this one left: nobody else can say that its machines are gone. */
  async #recover(): Promise<void> {
    const { folder, leases, name, say } = this.#options
    await mkdir(folder, { recursive: true })
    for (const job of await readdir(folder)) {
      const path = join(folder, job)
      const kept = await readOrder(path)
      const host = kept?.host ?? ''
      await this.#removeMachines(path)
      if (kept !== undefined) {
        const place = { worker: name, host }
        const courier = new Courier({ leases, place, job, folder: path, onFenced: () => undefined })
        await courier.read()
        if (courier.hasEnd) await courier.deliverAll(this.#options.signal)
        else await this.#patiently(() => leases.giveUp(place, job, 'the worker was started anew'))
        say(`${courier.hasEnd ? 'delivered' : 'gave up'} what an earlier process was at: ${job}`)
      }
      await rm(path, { recursive: true, force: true })
    }
    // What was taken and not even written down; and shares of machines that are gone now.
    for (const { job, host, state } of await this.#patiently(() => leases.ofWorker(name))) {
      const place = { worker: name, host }
      if (state === 'active')
        await this.#patiently(() => leases.giveUp(place, job, 'the worker was started anew'))
      await this.#patiently(() => leases.free(place, job))
    }
  }

  /** Machines that the journal of an attempt names and does not know to be gone. */
  async #removeMachines(folder: string): Promise<void> {
    const state = emptyRunState({ details: false })
    for await (const event of runEvents(folder)) foldEvent(state, event)
    for (const ref of state.machines.values()) await destroyLeftover(ref, this.#options.parts)
  }

  async #beat(): Promise<void> {
    const { registry, leases, name, folder } = this.#options
    const free = await statfs(folder).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => LEAST_FREE_BYTES,
    )
    const because =
      free < LEAST_FREE_BYTES
        ? `less than ${LEAST_FREE_BYTES / 1024 / 1024} MiB are free on its disk`
        : undefined
    const hosts = this.#hosts.map((host) => (because === undefined ? host : { ...host, because }))
    await registry.seen(name, hosts)
    for (const [host, held] of Map.groupBy(this.#held.entries(), ([, { place }]) => place.host)) {
      const still = await leases.beat(
        { worker: name, host },
        held.map(([job]) => job),
      )
      for (const [job, { stop }] of held)
        if (!still.has(job)) stop.abort(new Error('its lease is not held any more'))
    }
  }

  /** Says of each sort of cells which host can carry it. */
  async #answer(): Promise<void> {
    const { registry, name } = this.#options
    for (const sort of await registry.unanswered(name)) {
      const fitness = await this.#fitness(sort)
      if (fitness !== undefined) await registry.answer(name, sort, fitness)
    }
  }

  async #fitness({ run, cell }: CellSort): Promise<Fitness | undefined> {
    try {
      return await (await this.#run(run)).fitness(cell)
    } catch (error) {
      if (isAway(error)) throw error
      this.#runs.delete(run)
      const { message } = asAppError(error)
      const against = [oneLine(message, 900)]
      return { reasons: Object.fromEntries(this.#hosts.map((host) => [host.name, against])) }
    }
  }

  #run(run: string): Promise<WorkerRun> {
    const known = this.#runs.get(run) ?? this.#options.openRun(run)
    this.#runs.set(run, known)
    known.catch(() => this.#runs.delete(run))
    return known
  }

  async #take(host: WorkerHost): Promise<void> {
    const { leases, name } = this.#options
    const place = { worker: name, host: host.name }
    const running = [...this.#held.values()].filter((held) => held.place.host === host.name).length
    const room = host.machines - running
    if (room <= 0) return
    for (const { id, data } of await leases.take(place, room)) {
      const { data: order } = OrderSchema.safeParse(data)
      if (order === undefined) await leases.giveUp(place, id, 'the order breaks its format')
      else this.#begin(id, place, order)
    }
  }

  #begin(job: string, place: Place, order: Order): void {
    const stop = new AbortController()
    const over = this.#attempt(job, place, order, stop)
      .catch((error: unknown) => this.#options.say(`${job}: ${oneLine(String(error), 300)}`))
      .finally(() => this.#held.delete(job))
    this.#held.set(job, { place, order, stop, over })
  }

  async #attempt(job: string, place: Place, order: Order, stop: AbortController): Promise<void> {
    const { leases, signal } = this.#options
    const folder = join(this.#options.folder, job)
    const leave = new AbortController()
    const courier = new Courier({
      leases,
      place,
      job,
      folder,
      onFenced: () => stop.abort(new Error('its lease is not held any more')),
    })
    let delivering: Promise<boolean> | undefined
    try {
      await mkdir(folder, { recursive: true })
      await keepOrder(folder, order, place.host)
      await this.#removePredecessors(order, place)
      const { plan, parts } = await this.#run(order.run)
      delivering = courier.deliverAll(leave.signal)
      delivering.catch(() => undefined)
      await runOrder(folder, order, place.host, plan, parts, courier, AbortSignal.any([stop.signal, signal]))
      if (!courier.isFenced) {
        if (signal.aborted) void systemClock.sleep(LAST_WORDS_MS).then(() => leave.abort())
        if (!(await delivering) && !courier.isFenced) return
      }
    } catch (error) {
      leave.abort()
      // Without a journal nobody undid what was begun.
      await this.#removeMachines(folder)
      await delivering?.catch(() => undefined)
      const { code, message } = asAppError(error)
      await this.#patiently(() => leases.giveUp(place, job, oneLine(`${code}: ${message}`, 300)))
    }
    // Only here is its machine known to be gone.
    await this.#patiently(() => leases.free(place, job))
    await rm(folder, { recursive: true, force: true })
  }

  /** What an earlier attempt of the same cell left here ends first: a lost lease whose machine still runs. */
  async #removePredecessors({ run, cell, arm, attempt }: Order, place: Place): Promise<void> {
    const { parts } = this.#options
    const isEarlier = (key: { run: string; cell: string; arm: string; attempt: number }): boolean =>
      key.run === run && key.cell === cell.id && key.arm === arm && key.attempt < attempt
    for (const { order, stop, over } of this.#held.values())
      if (isEarlier({ ...order, cell: order.cell.id })) {
        stop.abort(new Error('a later attempt of its cell begins here'))
        await over
      }
    if (attempt === 1) return
    const host = parts.hosts.find((entry) => entry.host.name === place.host)
    const { clock, log } = parts
    const context = { signal: new AbortController().signal, deadline: clock.now() + 120_000, log, clock }
    for (const ref of (await host?.provider.listMachines(run, context)) ?? [])
      if (isEarlier(ref)) await destroyLeftover(ref, parts)
  }

  async #stopAll(): Promise<void> {
    const held = [...this.#held.values()]
    for (const { stop } of held) stop.abort(new Error('the worker was stopped'))
    await Promise.all(held.map(({ over }) => over))
  }

  #noteAway(error: unknown): void {
    if (!this.#isAway)
      this.#options.say(`the database is away (${oneLine(String(error), 200)}): what runs goes on`)
    this.#isAway = true
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return patiently(work, AWAY_MS, this.#options.signal, (error) => this.#noteAway(error))
  }
}
