/** Starts what the scheduler gives out, writes down what it decides, and waits; until nothing is left or nothing more may start. */
import { asAppError, type AppError } from '../../model/errors.ts'
import type { RunEvent } from '../../model/event.ts'
import { isolationStage } from '../../model/isolation-stage.ts'
import type { Plan, PlannedCell } from '../../model/plan.ts'
import type { StageEnd } from '../../model/stage-end.ts'
import type { AttemptResult } from '../attempt/run-cell.ts'
import type { ControlStore } from './control-store.ts'
import type { Journal } from '../../record/journal.ts'
import type { Scheduler } from '../schedule/scheduler.ts'
import type { Assignment, ControlReuse, SchedulerStep } from '../schedule/scheduler-step.ts'

/** What the run asks of those who know how to judge. */
export interface RunHooks {
  /** Judges a stage whose cells all have an end. */
  judgeStage(stage: string): Promise<StageEnd> | StageEnd
  /** Cells of a stage that are worth one more repeat, since their answer is open; asked before the stage is judged, until there are none. */
  settle?(stage: string): Promise<readonly RepeatOrder[]> | readonly RepeatOrder[]
  /** Additional cells that would tell suspects apart; asked when nothing else is left, until it returns none. */
  isolate?(stage: string): Promise<readonly PlannedCell[]> | readonly PlannedCell[]
}

/** One more repeat of both arms of a cell. */
export interface RepeatOrder {
  readonly cell: string
  /** Of all that were ordered for the cell, this one included. */
  readonly repeats: number
  readonly because: string
}

export interface RunLoopOptions {
  readonly plan: Plan
  readonly journal: Journal
  readonly scheduler: Scheduler
  readonly controls: ControlStore
  readonly hooks: RunHooks
  /** Runs one attempt to its end. @throws AppError JOURNAL_* only */
  readonly attempt: (assignment: Assignment, signal: AbortSignal) => Promise<AttemptResult>
  /** Attempts that an earlier session ordered and that go on. */
  readonly adopted?: readonly Assignment[]
  /** Is given a function that makes the loop look again, and a function that ends it with an error. */
  readonly onWaking?: (wake: () => void, fail: (error: unknown) => void) => void
  /** Cells that earlier sessions added. */
  readonly added: readonly PlannedCell[]
  readonly now: () => number
  readonly warn: (message: string) => void
  /** Aborts when nothing new may start and everything that runs must end. */
  readonly signal: AbortSignal
}

export interface RunLoopResult {
  readonly ended: 'complete' | 'interrupted'
  readonly pluginFaults: number
  readonly toolFaults: number
  readonly leftBehind: readonly string[]
  /** Cells that no host could take. */
  readonly impossible: SchedulerStep['impossible']
}

/** Controls written down together share their disk flushes. */
const TAKEN_TOGETHER = 64

/** @throws AppError JOURNAL_* when the journal cannot be written; everything that ran has been stopped by then */
export async function runLoop(options: RunLoopOptions): Promise<RunLoopResult> {
  const loop = new RunLoop(options)
  return await loop.run()
}

class RunLoop {
  readonly #options: RunLoopOptions
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()
  #wake: () => void = () => undefined
  #fatal: AppError | undefined
  #pluginFaults = 0
  #toolFaults = 0
  readonly #leftBehind: string[] = []
  readonly #impossible: SchedulerStep['impossible'][number][] = []
  readonly #added: PlannedCell[]

  constructor(options: RunLoopOptions) {
    this.#options = options
    this.#added = [...options.added]
  }

  async run(): Promise<RunLoopResult> {
    const { signal } = this.#options
    const onAbort = (): void => {
      this.#stop.abort(signal.reason)
      this.#wake()
    }
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await this.#turns()
    } catch (error) {
      this.#fail(error)
    }
    await Promise.all(this.#running)
    signal.removeEventListener('abort', onAbort)
    if (this.#fatal !== undefined) throw this.#fatal
    return {
      ended: signal.aborted ? 'interrupted' : 'complete',
      pluginFaults: this.#pluginFaults,
      toolFaults: this.#toolFaults,
      leftBehind: this.#leftBehind,
      impossible: this.#impossible,
    }
  }

  async #turns(): Promise<void> {
    const { scheduler, adopted = [] } = this.#options
    for (const assignment of adopted) {
      scheduler.adopt(assignment)
      this.#launch(assignment)
    }
    this.#options.onWaking?.(
      () => this.#wake(),
      (error) => this.#fail(error),
    )
    while (!this.#stop.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      const step = scheduler.next()
      await this.#writeDown(step)
      for (const assignment of step.start) this.#launch(assignment)
      for (let at = 0; at < step.reuse.length; at += TAKEN_TOGETHER)
        await Promise.all(step.reuse.slice(at, at + TAKEN_TOGETHER).map((reuse) => this.#takeOver(reuse)))
      if (step.kind === 'wait') await woken
      if (step.kind === 'stage-due' && step.stage !== undefined && !(await this.#orderRepeats(step.stage)))
        await this.#closeStage(step.stage)
      if (step.kind === 'done' && !(await this.#addCells())) return
    }
  }

  async #writeDown(step: SchedulerStep): Promise<void> {
    const { journal, now } = this.#options
    if (step.opens && step.stage !== undefined)
      await journal.append({
        type: 'stage-opened',
        at: now(),
        stage: step.stage,
        cells: [...step.stageCells],
      })
    for (const { host, because } of step.drain)
      await journal.append({ type: 'host-drained', at: now(), host, because })
    for (const host of step.returned) await journal.append({ type: 'host-returned', at: now(), host })
    for (const entry of step.impossible) {
      this.#impossible.push(entry)
      this.#options.warn(`${entry.cell} (${entry.arm}): ${entry.because}`)
    }
  }

  #launch(assignment: Assignment): void {
    const task = this.#attempt(assignment).finally(() => {
      this.#running.delete(task)
      this.#wake()
    })
    this.#running.add(task)
  }

  async #attempt(assignment: Assignment): Promise<void> {
    try {
      const result = await this.#options.attempt(assignment, this.#stop.signal)
      this.#pluginFaults += result.pluginFaults + (result.end === 'plugin-fault' ? 1 : 0)
      this.#toolFaults += result.end === 'tool-fault' ? 1 : 0
      this.#leftBehind.push(...result.leftBehind)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Without a journal nothing can be proven any more: everything that runs is stopped. */
  #fail(error: unknown): void {
    this.#fatal ??= asAppError(error)
    this.#stop.abort(this.#fatal)
    this.#wake()
  }

  async #takeOver(reuse: ControlReuse): Promise<void> {
    const { controls, journal, scheduler, now } = this.#options
    const { cell, firstAttempt, skip } = reuse
    const target = { cell: cell.id, firstAttempt, skip }
    const taken = await controls.take(cell.controlKey, reuse.source, target)
    if (taken === undefined) {
      scheduler.controlLost(reuse)
      return
    }
    const { source, attempts, events, imageSha256 } = taken
    const head: RunEvent = {
      type: 'control-reused',
      at: now(),
      cell: cell.id,
      controlKey: cell.controlKey,
      source,
      ...(attempts === undefined ? {} : { attempts: [...attempts] }),
      ...(imageSha256 === undefined ? {} : { imageSha256 }),
    }
    await Promise.all([head, ...events].map((event) => journal.append(event)))
  }

  /** Orders one more repeat of each cell whose answer is open; false when there is none. The scheduler hears of it by the journal. */
  async #orderRepeats(stage: string): Promise<boolean> {
    const { hooks, plan, journal, now } = this.#options
    if (hooks.settle === undefined || (plan.settings.settle ?? 0) === 0) return false
    const orders = await hooks.settle(stage)
    for (const order of orders) await journal.append({ type: 'repeats-ordered', at: now(), ...order })
    return orders.length > 0
  }

  async #closeStage(stage: string): Promise<void> {
    const { hooks, journal, now } = this.#options
    const state = await hooks.judgeStage(stage)
    await journal.append({ type: 'stage-closed', at: now(), stage, state })
  }

  /** Asks for cells that would tell suspects apart; false when there are none (or the plan's allowance is used up). */
  async #addCells(): Promise<boolean> {
    const { hooks, plan, journal, now } = this.#options
    if (hooks.isolate === undefined || plan.settings.isolate === 0) return false
    const known = new Set([...plan.cells, ...this.#added].map((cell) => cell.id))
    const left = plan.settings.isolate - this.#added.length
    if (left <= 0) return false
    const stage = isolationStage(new Set(this.#added.map((cell) => cell.stage)).size + 1)
    const wanted = await hooks.isolate(stage)
    const cells = wanted.filter((cell) => !known.has(cell.id)).slice(0, left)
    if (cells.length === 0) return false
    this.#added.push(...cells)
    await journal.append({
      type: 'cells-added',
      at: now(),
      cells,
      because: cells[0]?.purpose ?? 'to tell suspects apart',
    })
    return true
  }
}
