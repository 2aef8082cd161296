/** What health cards need of a run, taken from its events while the journal is read or written. Pure. */
import { attemptId } from '../model/attempt-id.ts'
import type { RunEvent } from '../model/event.ts'
import { FOOTPRINT_PARTS, type FootprintPart, type HealthCard } from '../model/health.ts'
import type { Fact, FactOf } from '../model/observation.ts'
import { factsIn } from '../model/observations-in.ts'
import type { Arm } from '../model/phase.ts'
import type { Plan, PlannedCell } from '../model/plan.ts'
import { healthCards, type SeenMachine } from './health-cards.ts'

interface Collected {
  readonly machine: SeenMachine & {
    readonly baseline: Map<FootprintPart, ReadonlySet<string>>
    readonly after: Map<FootprintPart, ReadonlySet<string>>
    readonly autostarts: Set<string>
    readonly measures: Map<string, { readonly value: number; readonly unit: string }>
    readonly starts: number[]
    readonly recoveries: FactOf<'recovery'>[]
  }
}

export class HealthCollector {
  readonly #products: ReadonlyMap<string, string>
  readonly #cells: Map<string, Pick<PlannedCell, 'image' | 'products'>>
  readonly #open = new Map<string, Collected>()
  readonly #machines: SeenMachine[] = []
  /** Machines of one image list the same: each list is kept once. */
  readonly #lists = new Map<string, ReadonlySet<string>>()

  constructor(plan: Plan) {
    this.#cells = new Map(plan.cells.map((cell) => [cell.id, cell]))
    this.#products = new Map(
      (plan.products ?? []).map(({ id, title, release }) => [id, `${title} ${release}`]),
    )
  }

  /** Takes the next event in; each event of the journal once, in its order. */
  note(event: RunEvent): void {
    if (event.type === 'cells-added') for (const cell of event.cells) this.#cells.set(cell.id, cell)
    else if (event.type === 'attempt-opened') {
      const planned = this.#cells.get(event.cell)
      if (planned !== undefined) this.#open.set(attemptId(event), collected(event, planned))
    } else if (event.type === 'observed' || event.type === 'check-ran')
      for (const fact of factsIn(event)) this.#note(attemptId(event), fact)
    else if (event.type === 'attempt-closed') {
      const found = this.#open.get(attemptId(event))
      // What a host cut off may lack half of its answers.
      if (found !== undefined && event.end === 'completed') this.#machines.push(found.machine)
      this.#open.delete(attemptId(event))
    }
  }

  /** `candidate`: title and release. */
  cards(candidate: string): HealthCard[] {
    return healthCards(this.#machines, { candidate, products: this.#products })
  }

  #note(attempt: string, fact: Fact): void {
    const found = this.#open.get(attempt)
    if (found !== undefined) note(found, fact, (names) => this.#shared(names))
  }

  #shared(names: readonly string[]): ReadonlySet<string> {
    const key = names.join('\n')
    const known = this.#lists.get(key) ?? new Set(names)
    this.#lists.set(key, known)
    return known
  }
}

function collected(
  { cell, arm }: { readonly cell: string; readonly arm: Arm },
  { image, products }: { readonly image: string; readonly products: readonly string[] },
): Collected {
  return {
    machine: {
      cell,
      arm,
      image,
      products,
      baseline: new Map(),
      after: new Map(),
      autostarts: new Set(),
      measures: new Map(),
      starts: [],
      recoveries: [],
    },
  }
}

const PARTS: ReadonlySet<string> = new Set(FOOTPRINT_PARTS)

function note(found: Collected, fact: Fact, shared: (names: readonly string[]) => ReadonlySet<string>): void {
  const { baseline, after, autostarts, measures, starts, recoveries } = found.machine
  // A list that was cut proves nothing gone, and one after the roll-back has the candidate no longer.
  if (fact.kind === 'inventory' && PARTS.has(fact.subject) && fact.cut === 0) {
    const names = shared(Object.keys(fact.items))
    if (fact.moment === 'baseline') baseline.set(fact.subject as FootprintPart, names)
    else if (fact.moment !== 'after-rollback') after.set(fact.subject as FootprintPart, names)
  } else if (fact.kind === 'change' && fact.aspect === 'autostart' && fact.moment !== 'after-rollback')
    autostarts.add(`${fact.what} ${fact.item}`)
  else if (fact.kind === 'measure') measures.set(fact.name, { value: fact.value, unit: fact.unit })
  else if (fact.kind === 'boot' && fact.cause === 'asked-restart' && fact.readyMs !== undefined)
    starts.push(fact.readyMs)
  else if (fact.kind === 'recovery') recoveries.push(fact)
}
