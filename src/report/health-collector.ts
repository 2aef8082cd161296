/** What health cards need of a run, taken from its events while the journal is read or written. Pure. */
import { attemptId } from '../model/attempt-id.ts'
import type { RunEvent } from '../model/event.ts'
import { FOOTPRINT_PARTS, type FootprintPart, type HealthCard } from '../model/health.ts'
import type { Fact, FactOf } from '../model/observation.ts'
import { factsIn } from '../model/observations-in.ts'
import type { Arm } from '../model/phase.ts'
import type { Plan, PlannedCell } from '../model/plan.ts'
import { healthCards, type MeasureName, type SeenMachine } from './health-cards.ts'

/** An attempt that has not ended yet. */
interface Collected {
  readonly baseline: Map<FootprintPart, NamedList>
  readonly after: Map<FootprintPart, NamedList>
  readonly autostarts: Set<string>
  /** As in `SeenMachine`. */
  readonly measures: number[]
  readonly starts: number[]
  readonly recoveries: FactOf<'recovery'>[]
}

/** Names that machines listed, and the number of this list among those of the run. */
interface NamedList {
  readonly number: number
  readonly names: ReadonlySet<string>
}

type Listed = SeenMachine['baseline']

/** Most machines have none: all of them share it. */
const NO_AUTOSTARTS: ReadonlySet<string> = new Set()
const NO_RECOVERIES: SeenMachine['recoveries'] = []

export class HealthCollector {
  readonly #products: ReadonlyMap<string, string>
  readonly #cells: Map<string, Pick<PlannedCell, 'image' | 'products'>>
  readonly #open = new Map<string, Collected>()
  readonly #machines: SeenMachine[] = []
  /** Machines of one image list the same: each list is kept once … */
  readonly #lists = new Map<string, NamedList>()
  /** … and so are the lists of all parts together. */
  readonly #footprints = new Map<string, Listed>()
  /** Each by name with its index, in that order. */
  readonly #measures = new Map<string, MeasureName & { readonly index: number }>()

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
      if (this.#cells.has(event.cell)) this.#open.set(attemptId(event), emptyCollection())
    } else if (event.type === 'observed' || event.type === 'check-ran') {
      const found = this.#open.get(attemptId(event))
      if (found !== undefined) for (const fact of factsIn(event)) this.#note(found, fact)
    } else if (event.type === 'attempt-closed') {
      const [found, planned] = [this.#open.get(attemptId(event)), this.#cells.get(event.cell)]
      // What a host cut off may lack half of its answers.
      if (found !== undefined && planned !== undefined && event.end === 'completed')
        this.#machines.push(this.#machine(event, planned, found))
      this.#open.delete(attemptId(event))
    }
  }

  /** `candidate`: title and release. */
  cards(candidate: string): HealthCard[] {
    return healthCards(this.#machines, [...this.#measures.values()], {
      candidate,
      products: this.#products,
    })
  }

  /** An attempt in the form that is kept to the end of the run, of which there may be a hundred thousand. */
  #machine(
    { cell, arm }: { readonly cell: string; readonly arm: Arm },
    { image, products }: Pick<PlannedCell, 'image' | 'products'>,
    { baseline, after, autostarts, measures, starts, recoveries }: Collected,
  ): SeenMachine {
    return {
      cell,
      arm,
      image,
      products,
      baseline: this.#footprint(baseline),
      after: this.#footprint(after),
      autostarts: autostarts.size === 0 ? NO_AUTOSTARTS : autostarts,
      measures: Array.from(measures, (value: number | undefined) => value ?? Number.NaN),
      starts: [...starts],
      recoveries: recoveries.length === 0 ? NO_RECOVERIES : recoveries,
    }
  }

  #note({ baseline, after, autostarts, measures, starts, recoveries }: Collected, fact: Fact): void {
    // A list that was cut proves nothing gone, and one after the roll-back has the candidate no longer.
    if (fact.kind === 'inventory' && PARTS.has(fact.subject) && fact.cut === 0) {
      const list = this.#list(Object.keys(fact.items))
      if (fact.moment === 'baseline') baseline.set(fact.subject as FootprintPart, list)
      else if (fact.moment !== 'after-rollback') after.set(fact.subject as FootprintPart, list)
    } else if (fact.kind === 'change' && fact.aspect === 'autostart' && fact.moment !== 'after-rollback')
      autostarts.add(`${fact.what} ${fact.item}`)
    else if (fact.kind === 'measure') measures[this.#index(fact)] = fact.value
    else if (fact.kind === 'boot' && fact.cause === 'asked-restart' && fact.readyMs !== undefined)
      starts.push(fact.readyMs)
    else if (fact.kind === 'recovery') recoveries.push(fact)
  }

  #index({ name, unit }: MeasureName): number {
    const known = this.#measures.get(name)
    if (known !== undefined) return known.index
    const index = this.#measures.size
    this.#measures.set(name, { name, unit, index })
    return index
  }

  #list(names: readonly string[]): NamedList {
    const key = names.join('\n')
    const known = this.#lists.get(key)
    if (known !== undefined) return known
    const list = { number: this.#lists.size, names: new Set(names) }
    this.#lists.set(key, list)
    return list
  }

  #footprint(listed: ReadonlyMap<FootprintPart, NamedList>): Listed {
    const key = [...listed].map(([part, { number }]) => `${part} ${number}`).join('\n')
    const known = this.#footprints.get(key)
    if (known !== undefined) return known
    const footprint = new Map([...listed].map(([part, { names }]) => [part, names]))
    this.#footprints.set(key, footprint)
    return footprint
  }
}

function emptyCollection(): Collected {
  return {
    baseline: new Map(),
    after: new Map(),
    autostarts: new Set(),
    measures: [],
    starts: [],
    recoveries: [],
  }
}

const PARTS: ReadonlySet<string> = new Set(FOOTPRINT_PARTS)
