/** Judges scripted attempts of one cell. */
import { judgeRun } from '../../src/judge/judge-run.ts'
import type { RunEvent } from '../../src/model/event.ts'
import type { Fact } from '../../src/model/observation.ts'
import type { Plan } from '../../src/model/plan.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
import type { Verdict } from '../../src/model/verdict.ts'
import { journalOf, T0 } from './scripted-journal.ts'
import { scriptedPlan } from './scripted-plan.ts'
import { goodCandidate, goodControl, type AttemptScript } from './scripted-run.ts'

export const PLAN: Plan = { ...scriptedPlan(), cells: scriptedPlan().cells.slice(0, 1) }
export const CELL = PLAN.cells[0]!.id

export function verdictOf(events: readonly RunEvent[], plan: Plan = PLAN): Verdict {
  return judgeRun(plan, events, DEFAULT_POLICY, T0).cells[0]!.verdict
}

export function judge(scripts: readonly AttemptScript[], plan: Plan = PLAN): Verdict {
  return verdictOf(journalOf(plan, scripts), plan)
}

/** One fact added at the end of a phase. */
export function adding(script: AttemptScript, phase: string, ...facts: Fact[]): AttemptScript {
  return {
    ...script,
    phases: script.phases.map((entry) =>
      entry.phase === phase ? { ...entry, facts: [...(entry.facts ?? []), ...facts] } : entry,
    ),
  }
}

export const good = [goodCandidate(CELL), goodControl(CELL)]
export const crashFact = (bootOrdinal = 2): Fact => ({
  kind: 'crash',
  mechanism: 'panic',
  title: 'Kernel panic - not syncing',
  module: 'sensor',
  milestone: 'kernel',
  bootOrdinal,
})
