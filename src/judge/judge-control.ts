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
    valid: isValidAttempt(attempt),
    findings: attemptFindings(attempt, []),
    gaps: controlGaps(attempt, evidenceNeeds(cell, settings)),
  }
}

/** The attempt as the report tells it. */
export function controlAttempt({ id, attempt, findings }: JudgedControl): ControlAttempt {
  return { id, cell: attempt.cell, ...attemptSummary(attempt, findings) }
}

/** Only an attempt that was completed on the machine that was asked for says anything. */
export function isValidAttempt(attempt: AttemptState): boolean {
  return attempt.end === 'completed' && invalidReason(attempt) === undefined
}
