/** `ringzero health`: the journal of a run → the footprint of its candidate and products. */
import { resolve } from 'node:path'
import type { FactOf, Fact } from '../model/observation.ts'
import type { Arm } from '../model/phase.ts'
import { attemptId } from '../model/attempt-id.ts'
import { factsIn } from '../model/observations-in.ts'
import {
  FOOTPRINT_PARTS,
  healthCards,
  type FootprintPart,
  type HealthCard,
  type SeenMachine,
} from '../report/health-cards.ts'
import { readRunInputs } from '../record/run-inputs.ts'
import { readRunPlan } from '../record/run-plan.ts'
import { runEvents } from '../record/run-events.ts'

export interface RunHealth {
  readonly run: string
  readonly candidate: string
  readonly simulated: boolean
  /** id → title and release. */
  readonly products: Readonly<Record<string, string>>
  readonly cards: readonly HealthCard[]
}

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

/** @throws AppError RUN_UNREADABLE (user), JOURNAL_DAMAGED */
export async function readHealth(folder: string): Promise<RunHealth> {
  const runFolder = resolve(folder)
  const [plan, { candidate }] = await Promise.all([readRunPlan(runFolder), readRunInputs(runFolder)])
  const cells = new Map(plan.cells.map((cell) => [cell.id, cell]))
  const open = new Map<string, Collected>()
  const machines: SeenMachine[] = []
  let [run, simulated] = ['', false]
  for await (const event of runEvents(runFolder)) {
    if (event.type === 'run-opened') ({ run, simulated } = event)
    else if (event.type === 'cells-added') for (const cell of event.cells) cells.set(cell.id, cell)
    else if (event.type === 'attempt-opened') {
      const planned = cells.get(event.cell)
      if (planned !== undefined) open.set(attemptId(event), collected(event, planned))
    } else if (event.type === 'observed' || event.type === 'check-ran')
      for (const fact of factsIn(event)) note(open.get(attemptId(event)), fact)
    else if (event.type === 'attempt-closed') {
      const found = open.get(attemptId(event))
      // What a host cut off may lack half of its answers.
      if (found !== undefined && event.end === 'completed') machines.push(found.machine)
      open.delete(attemptId(event))
    }
  }
  return {
    run,
    candidate: `${candidate.title ?? candidate.id} ${candidate.release}`,
    simulated,
    products: Object.fromEntries(
      (plan.products ?? []).map(({ id, title, release }) => [id, `${title} ${release}`]),
    ),
    cards: healthCards(machines),
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

function note(found: Collected | undefined, fact: Fact): void {
  if (found === undefined) return
  const { baseline, after, autostarts, measures, starts, recoveries } = found.machine
  // A list that was cut proves nothing gone, and one after the roll-back has the candidate no longer.
  if (fact.kind === 'inventory' && PARTS.has(fact.subject) && fact.cut === 0) {
    const names = new Set(Object.keys(fact.items))
    if (fact.moment === 'baseline') baseline.set(fact.subject as FootprintPart, names)
    else if (fact.moment !== 'after-rollback') after.set(fact.subject as FootprintPart, names)
  } else if (fact.kind === 'change' && fact.aspect === 'autostart' && fact.moment !== 'after-rollback')
    autostarts.add(`${fact.what} ${fact.item}`)
  else if (fact.kind === 'measure') measures.set(fact.name, { value: fact.value, unit: fact.unit })
  else if (fact.kind === 'boot' && fact.cause === 'asked-restart' && fact.readyMs !== undefined)
    starts.push(fact.readyMs)
  else if (fact.kind === 'recovery') recoveries.push(fact)
}
