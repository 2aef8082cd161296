/**
 * Judges a run while its journal is read or written. An event touches its own cell only; a cell whose attempts are all there is
 * judged once, and what they saw is let go of, so that a run of any length is judged in little memory.
 */
import type { Instant } from '../kit/clock.ts'
import { attemptId } from '../model/attempt-id.ts'
import type { RunEvent } from '../model/event.ts'
import type { Plan, PlannedCell } from '../model/plan.ts'
import type { Budget, Policy } from '../model/policy.ts'
import type { ControlAttempt } from '../model/report.ts'
import { emptyRunState, foldEvent, type AttemptState, type RunState } from '../model/run-state.ts'
import type { Verdict } from '../model/verdict.ts'
import type { JudgedControl } from './compare-arms.ts'
import { DetailShelf } from './detail-shelf.ts'
import { judgeCell } from './judge-cell.ts'
import { controlAttempt, judgeControl } from './judge-control.ts'
import { withWaiver } from './known-issues.ts'
import type { ControlOrigin } from './symptoms/host-speed.ts'

export interface JudgedCell {
  readonly planned: PlannedCell
  readonly verdict: Verdict
}

/** One verdict for each cell of the plan and those that the run added, in that order; and the controls that they refer to. */
export interface JudgedRun {
  readonly cells: readonly JudgedCell[]
  readonly controls: readonly ControlAttempt[]
}

/** A cell that has no control of its own is compared with this many of the attempts that others made of the same machine. */
const STAND_INS = 8
/** Judged controls that are kept at hand; the others are judged again from what they saw. */
const CONTROLS_AT_HAND = 64

interface CellRecord {
  readonly planned: PlannedCell
  readonly candidates: AttemptState[]
  readonly controls: AttemptState[]
  /** Final: all repeats of both arms are there, and what the candidate's attempts saw is let go of. */
  settled: boolean
  /** Of all events so far; undefined after each event of this cell. */
  verdict: Verdict | undefined
  /** The version of its key that the verdict knows. */
  version: number
}

interface KeyRecord {
  cells: number
  /** Control attempts of all cells of this key, in the order of the journal. */
  readonly attempts: AttemptState[]
  /** Raised by each event of one of these. */
  version: number
}

export interface RunJudgeOptions {
  /** Of the policy. */
  readonly budgets?: readonly Budget[] | undefined
  /** Cells that are kept whole to the end. */
  readonly whole?: ReadonlySet<string>
}

export class RunJudge {
  readonly plan: Plan
  /** Folded from all events so far, without what the attempts saw. */
  readonly state: RunState = emptyRunState({ details: false })
  /** Cells that got more attempts after they were settled: they can only be judged by a judge that is told to keep them `whole`. */
  readonly stale = new Set<string>()
  readonly #whole: ReadonlySet<string>
  /** What numbers are judged by: verdicts are final before the policy's other parts are asked. */
  readonly budgets: readonly Budget[]
  readonly #cells = new Map<string, CellRecord>()
  readonly #keys = new Map<string, KeyRecord>()
  readonly #shelf = new DetailShelf()
  readonly #atHand = new Map<string, JudgedControl>()
  /** By id, until its details are needed. */
  readonly #told = new Map<string, ControlAttempt>()

  /** Cells of `whole` are not settled before the last event. */
  constructor(plan: Plan, { budgets = [], whole = new Set() }: RunJudgeOptions = {}) {
    this.plan = plan
    this.budgets = budgets
    this.#whole = whole
    for (const cell of plan.cells) this.#add(cell)
  }

  /** Takes the next event of the journal in. */
  note(event: RunEvent): void {
    const known = 'attempt' in event ? this.state.attemptsById.get(attemptId(event)) : undefined
    const attempt = known?.end === undefined ? known : undefined
    foldEvent(this.state, event)
    if (event.type === 'cells-added') for (const cell of event.cells) this.#add(cell)
    else if (event.type === 'attempt-opened') this.#open(event)
    else if (event.type === 'control-reused') this.#reuse(event.cell)
    else if (event.type === 'repeats-ordered') this.#order(event.cell)
    else if (attempt !== undefined && event.type === 'attempt-closed') this.#close(attempt)
    else if (attempt !== undefined) this.#see(attempt, event)
  }

  /** Judges the cells with these ids, all when none are given, as far as the events go. `at` is the day on which waivers must still be good. */
  judge(policy: Policy, at: Instant, ids?: Iterable<string>): JudgedRun {
    const records =
      ids === undefined ? [...this.#cells.values()] : [...ids].flatMap((id) => this.#cells.get(id) ?? [])
    const cells = records.map((record) => ({
      planned: record.planned,
      verdict: withWaiver(this.#verdictOf(record), record.planned.configuration, policy.waivers ?? [], at),
    }))
    return { cells, controls: ids === undefined ? this.#tellControls() : [] }
  }

  #verdictOf(record: CellRecord): Verdict {
    const { version } = this.#keyOf(record)
    if (record.verdict !== undefined && (record.settled || record.version === version)) return record.verdict
    record.version = version
    return (record.verdict = this.#judge(record))
  }

  #add(planned: PlannedCell): void {
    if (this.#cells.has(planned.id)) return
    this.#cells.set(planned.id, {
      planned,
      candidates: [],
      controls: [],
      settled: false,
      verdict: undefined,
      version: 0,
    })
    const key = this.#keys.get(planned.controlKey)
    if (key === undefined) this.#keys.set(planned.controlKey, { cells: 1, attempts: [], version: 0 })
    else key.cells += 1
  }

  #open(event: Extract<RunEvent, { type: 'attempt-opened' }>): void {
    const record = this.#cells.get(event.cell)
    const id = attemptId(event)
    const attempt = this.state.attemptsById.get(id)
    if (record === undefined || attempt === undefined) return
    if (record.settled) this.stale.add(event.cell)
    const mine = event.arm === 'candidate' ? record.candidates : record.controls
    mine.push(attempt)
    if (event.arm === 'control') this.#keyOf(record).attempts.push(attempt)
    this.#shelf.open(id)
    this.#forget(record, attempt)
  }

  #reuse(cell: string): void {
    const record = this.#cells.get(cell)
    if (record?.settled === true) this.stale.add(cell)
    this.#touch(record)
  }

  #order(cell: string): void {
    if (this.#cells.get(cell)?.settled === true) this.stale.add(cell)
  }

  #see(attempt: AttemptState, event: RunEvent): void {
    const record = this.#cells.get(attempt.cell)
    if (record === undefined) return
    if (event.type === 'observed') this.#shelf.growing(attemptId(attempt))?.push(event.observation)
    if (event.type === 'check-ran') {
      const { at, phase, check, facts } = event
      this.#shelf.growing(attemptId(attempt))?.push({ at, phase, check, facts })
    }
    this.#forget(record, attempt)
  }

  #close(attempt: AttemptState): void {
    const record = this.#cells.get(attempt.cell)
    if (record === undefined) return
    this.#shelf.close(attemptId(attempt))
    this.#forget(record, attempt)
    this.#touch(record)
  }

  /** What was concluded from this attempt before is void. */
  #forget(record: CellRecord, attempt: AttemptState): void {
    if (!record.settled) record.verdict = undefined
    if (attempt.arm === 'candidate') return
    const id = attemptId(attempt)
    this.#atHand.delete(id)
    this.#told.delete(id)
    this.#keyOf(record).version += 1
  }

  /** Settles the cell when all its attempts are there. */
  #touch(record: CellRecord | undefined): void {
    if (record === undefined || record.settled) return
    record.verdict = undefined
    const { repeats: planned, settle = 0 } = this.plan.settings
    const ordered = this.state.orderedRepeats.get(record.planned.id) ?? 0
    const repeats = planned + ordered
    const named = this.#namedBy(record)
    if (this.#whole.has(record.planned.id) || completed(record.candidates) < repeats) return
    if (completed(record.controls) + completed(named) < repeats) return
    const verdict = this.#verdictOf(record)
    // It may get another repeat, and what was seen so far will be compared with that.
    if (verdict.open !== undefined && ordered < settle) return
    record.settled = true
    for (const attempt of record.candidates) this.#let(attempt)
    // Of a key that several cells share the control is kept: cells that the run adds may share it, too.
    const key = this.#keyOf(record)
    if (key.cells === 1) for (const attempt of key.attempts) this.#let(attempt)
  }

  /** Lets go of what an attempt saw and of its course, which its summary tells. */
  #let(attempt: AttemptState): void {
    const id = attemptId(attempt)
    if (attempt.arm === 'control') this.#tell(attempt)
    this.#shelf.drop(id)
    this.#atHand.delete(id)
  }

  #judge(record: CellRecord): Verdict {
    const { planned } = record
    const mine = [...record.controls, ...this.#namedBy(record)]
    const controls = mine.length > 0 ? mine : this.#standIns(record)
    return judgeCell({
      cell: planned,
      candidates: record.candidates.map((attempt) => this.#wholeOf(attempt)),
      controls: controls.map((attempt) => this.#control(attempt)),
      controlOrigin: this.#originOf(planned, controls),
      runStartedAt: this.state.startedAt,
      settings: this.plan.settings,
      budgets: this.budgets,
    })
  }

  /** Control attempts of other cells that the run put in the place of this cell's. */
  #namedBy({ planned }: CellRecord): readonly AttemptState[] {
    const names = this.state.reusedControls.get(planned.id)?.attempts ?? []
    return names.flatMap((id) => {
      const attempt = this.state.attemptsById.get(id)
      return attempt?.arm === 'control' && this.#cells.has(attempt.cell) ? [attempt] : []
    })
  }

  /** Cells with the same key have the same control machine: others' evidence is used where a cell has none of its own. */
  #standIns(record: CellRecord): readonly AttemptState[] {
    const { attempts } = this.#keyOf(record)
    if (attempts.length <= STAND_INS) return attempts
    const whole: AttemptState[] = []
    for (const attempt of attempts)
      if (whole.length < STAND_INS && attempt.end === 'completed') whole.push(attempt)
    return whole.length > 0 ? whole : attempts.slice(0, STAND_INS)
  }

  /** Where what stands for this cell's control was measured. */
  #originOf(cell: PlannedCell, controls: readonly AttemptState[]): ControlOrigin {
    const { reusedControls, run } = this.state
    const sources = new Set([cell.id, ...controls.map((attempt) => attempt.cell)])
    const taken = [...sources].flatMap((id) => reusedControls.get(id)?.source ?? [])
    if (taken.some((source) => !source.startsWith(`${run}/`))) return 'store'
    return taken.length > 0 || controls.some((attempt) => attempt.cell !== cell.id) ? 'run' : 'own'
  }

  #control(attempt: AttemptState): JudgedControl {
    const id = attemptId(attempt)
    const known = this.#atHand.get(id)
    if (known !== undefined) return known
    const cell = this.#cells.get(attempt.cell)?.planned
    if (cell === undefined) throw new RangeError(`attempt ${id} is of no cell of the plan`)
    const judged = judgeControl(this.#wholeOf(attempt), cell, this.plan.settings)
    this.#told.set(id, controlAttempt(judged))
    if (attempt.end === undefined) return judged
    this.#atHand.set(id, judged)
    const [oldest] = this.#atHand.keys()
    if (this.#atHand.size > CONTROLS_AT_HAND && oldest !== undefined) this.#atHand.delete(oldest)
    return judged
  }

  #tell(attempt: AttemptState): ControlAttempt {
    const id = attemptId(attempt)
    return this.#told.get(id) ?? controlAttempt(this.#control(attempt))
  }

  #tellControls(): ControlAttempt[] {
    return [...this.#cells.values()].flatMap(({ controls }) => controls.map((attempt) => this.#tell(attempt)))
  }

  #wholeOf(attempt: AttemptState): AttemptState {
    return { ...attempt, ...this.#shelf.get(attemptId(attempt)) }
  }

  #keyOf({ planned }: CellRecord): KeyRecord {
    const key = this.#keys.get(planned.controlKey)
    if (key === undefined) throw new RangeError(`cell ${planned.id} was never added`)
    return key
  }
}

function completed(attempts: readonly AttemptState[]): number {
  return attempts.reduce((sum, { end }) => sum + (end === 'completed' ? 1 : 0), 0)
}
