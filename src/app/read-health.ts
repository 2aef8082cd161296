/** `ringzero health`: the journal of a run → the footprint of its candidate and products. */
import { resolve } from 'node:path'
import type { HealthCard } from '../model/health.ts'
import { readRunInputs } from '../record/run-inputs.ts'
import { readRunPlan } from '../record/run-plan.ts'
import { runEvents } from '../record/run-events.ts'
import { HealthCollector } from '../report/health-collector.ts'

export interface RunHealth {
  readonly run: string
  /** Title and release. */
  readonly candidate: string
  readonly simulated: boolean
  readonly cards: readonly HealthCard[]
}

/** @throws AppError RUN_UNREADABLE (user), JOURNAL_DAMAGED */
export async function readHealth(folder: string): Promise<RunHealth> {
  const runFolder = resolve(folder)
  const [plan, { candidate }] = await Promise.all([readRunPlan(runFolder), readRunInputs(runFolder)])
  const collector = new HealthCollector(plan)
  let [run, simulated] = ['', false]
  for await (const event of runEvents(runFolder)) {
    if (event.type === 'run-opened') ({ run, simulated } = event)
    collector.note(event)
  }
  const title = candidateTitle(candidate)
  return { run, candidate: title, simulated, cards: collector.cards(title) }
}

/** Title and release, as cards have them. */
export function candidateTitle({
  id,
  title,
  release,
}: {
  readonly id: string
  readonly title?: string | undefined
  readonly release: string
}): string {
  return `${title ?? id} ${release}`
}
