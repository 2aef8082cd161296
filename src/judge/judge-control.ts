/** One attempt without the candidate, judged once for all cells that it stands for. */
import { attemptId } from '../model/attempt-id.ts'
import type { Plan, PlannedCell } from '../model/plan.ts'
import type { ControlAttempt } from '../model/report.ts'
import type { AttemptState } from '../model/run-state.ts'
import { attemptFindings } from './attempt-findings.ts'
import { attemptSummary } from './attempt-summary.ts'
import type { JudgedControl } from './compare-arms.ts'
import { controlGaps, evidenceNeeds } from './evidence-gaps.ts'
import { invalidReason } from './symptoms/expectation-symptoms.ts'

/** Judges it by what the plan promises to look at on `cell`, for which it was made; cells that share it have the same needs. */
export function judgeControl(
  attempt: AttemptState,
  cell: PlannedCell,
  settings: Plan['settings'],
): JudgedControl {
  return {
    id: attemptId(attempt),
    attempt,
    ...validity(attempt, []),
    findings: attemptFindings(attempt, []),
    gaps: controlGaps(attempt, evidenceNeeds(cell, settings)),
  }
}

/** The attempt as the report tells it. */
export function controlAttempt({ id, attempt, findings, invalid }: JudgedControl): ControlAttempt {
  return { id, cell: attempt.cell, ...attemptSummary(attempt, findings, invalid) }
}

/**
 * Only an attempt that was completed on the machine that was asked for says anything; `controls` are those that came to their
 * end without the candidate.
 */
export function validity(
  attempt: AttemptState,
  controls: readonly AttemptState[],
): { readonly valid: boolean; readonly invalid: string | undefined } {
  const invalid = invalidReason(attempt, controls)
  return { valid: attempt.end === 'completed' && invalid === undefined, invalid }
}
