/** The judge of a run folder: told of each event while the run writes it, or of the whole journal afterwards. */
import { RunJudge } from '../judge/run-judge.ts'
import type { RunEvent } from '../model/event.ts'
import type { HealthCard } from '../model/health.ts'
import type { Plan } from '../model/plan.ts'
import type { Policy } from '../model/policy.ts'
import type { RunState } from '../model/run-state.ts'
import { runEvents } from '../record/run-events.ts'
import { HealthCollector } from '../report/health-collector.ts'

export class JournalJudge {
  readonly #plan: Plan
  readonly #runFolder: string
  #judge: RunJudge
  #health: HealthCollector

  /** `budgets` are those of the policy that it will be asked under. */
  constructor(plan: Plan, runFolder: string, { budgets }: Pick<Policy, 'budgets'>) {
    this.#plan = plan
    this.#runFolder = runFolder
    this.#judge = new RunJudge(plan, { budgets })
    this.#health = new HealthCollector(plan)
  }

  /** Of all events so far, without what the attempts saw. */
  get state(): RunState {
    return this.#judge.state
  }

  /** Takes the next event in; each event of the journal once, in its order. */
  note(event: RunEvent): void {
    this.#judge.note(event)
    this.#health.note(event)
  }

  /** What the candidate (given by title and release) and each product put into the kernel, start and cost, as far as the events go. */
  health(candidate: string): HealthCard[] {
    return this.#health.cards(candidate)
  }

  /**
   * The judge of all events so far. Where a cell went on after it was settled, as no run of ringzero does, the journal is read again.
   * @throws AppError JOURNAL_DAMAGED
   */
  async settled(signal?: AbortSignal): Promise<RunJudge> {
    if (this.#judge.stale.size > 0) {
      this.#judge = new RunJudge(this.#plan, { budgets: this.#judge.budgets, whole: this.#judge.stale })
      this.#health = new HealthCollector(this.#plan)
      await this.read(signal)
    }
    return this.#judge
  }

  /** Takes in all that the journal holds; nothing when there is none yet. @throws AppError JOURNAL_DAMAGED */
  async read(signal?: AbortSignal): Promise<void> {
    for await (const event of runEvents(this.#runFolder)) {
      signal?.throwIfAborted()
      this.note(event)
    }
  }
}
