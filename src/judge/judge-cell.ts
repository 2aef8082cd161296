/** One cell's attempts → one verdict: what happened, whose it is, and why we say so. */
import type { Instant } from '../kit/clock.ts'
import { oneLine } from '../kit/text.ts'
import type { Plan, PlannedCell } from '../model/plan.ts'
import type { Budget } from '../model/policy.ts'
import type { AttemptState } from '../model/run-state.ts'
import type { Symptom } from '../model/symptom.ts'
import type { Verdict } from '../model/verdict.ts'
import { attemptFindings, distinct } from './attempt-findings.ts'
import { attemptSummary } from './attempt-summary.ts'
import { compareArms, type JudgedControl } from './compare-arms.ts'
import { blindSpots, candidateGaps, evidenceNeeds, type EvidenceNeeds } from './evidence-gaps.ts'
import type { Finding } from './finding.ts'
import { concludeCell, hasFailure, type JudgedAttempt, type Weighed } from './conclude-cell.ts'
import { validity } from './judge-control.ts'
import { failureRateBounds } from './statistics/failure-rate.ts'
import type { ControlOrigin } from './symptoms/host-speed.ts'
import { recoveryOf } from './symptoms/install-symptoms.ts'
import { measureSymptoms } from './symptoms/measure-symptoms.ts'

export interface CellEvidence {
  readonly cell: PlannedCell
  readonly candidates: readonly AttemptState[]
  readonly controls: readonly JudgedControl[]
  /** Whether the control's evidence is its own, or comes from another cell or an earlier run with the same control key. */
  readonly controlOrigin: ControlOrigin
  readonly runStartedAt: Instant
  readonly settings: Plan['settings']
  /** Of the policy. */
  readonly budgets: readonly Budget[]
}

/** Judges one cell, waivers aside. Pure: the same evidence gives the same verdict. */
export function judgeCell(evidence: CellEvidence): Verdict {
  const { cell } = evidence
  const weighed = weigh(evidence)
  const { judged, controls, blind } = weighed
  const valid = judged.filter((entry) => entry.valid)
  const validControls = controls.filter((control) => control.valid)
  const failing = valid.filter((entry) => hasFailure(entry.comparison.blamed)).length
  const { low, high } = failureRateBounds(failing, valid.length)
  const conclusion = concludeCell(weighed)
  const symptoms = shownSymptoms(weighed)
  const recovery = judged.map(({ attempt }) => recoveryOf(attempt)).find((step) => step !== undefined)
  return {
    cell: cell.id,
    ...conclusion,
    because: oneLine(conclusion.because, 600),
    symptoms,
    preExisting: distinct(judged.flatMap(({ comparison }) => comparison.preExisting)).map(
      ({ symptom }) => symptom,
    ),
    failing,
    valid: valid.length,
    rateLow: low,
    rateHigh: high,
    control: {
      failing: validControls.filter(({ findings }) => hasFailure(findings)).length,
      valid: validControls.length,
      cached: evidence.controlOrigin !== 'own',
      attempts: controls.map(({ id }) => id),
    },
    attempts: judged.map(({ attempt, findings, invalid }) => attemptSummary(attempt, findings, invalid)),
    ...(weighed.measures.open.length === 0 ? {} : { open: [...weighed.measures.open] }),
    ...(recovery === undefined ? {} : { recovery }),
    checksRun: [
      ...new Set(valid.flatMap(({ attempt }) => attempt.checksRun.map(({ check }) => check))),
    ].sort(),
    blind,
  }
}

function weigh(evidence: CellEvidence): Weighed {
  const { cell, settings, candidates, controls, controlOrigin, runStartedAt, budgets } = evidence
  const needs = evidenceNeeds(cell, settings)
  const judged = judgeCandidates(candidates, controls, needs)
  const mine = judged.filter((entry) => entry.valid).map(({ attempt }) => attempt)
  const theirs = controls.filter((control) => control.valid).map(({ attempt }) => attempt)
  const optional = new Set(settings.checkNeeds?.filter(({ needed }) => !needed).map(({ id }) => id))
  return {
    judged,
    controls,
    measures: measureSymptoms(mine, theirs, {
      origin: controlOrigin,
      runStartedAt,
      budgets,
      plannedBeforeLooking: (settings.settle ?? 0) > 0 ? settings.repeats : undefined,
    }),
    blind: blindSpots([...mine, ...theirs], optional),
    repeats: settings.repeats,
  }
}

function judgeCandidates(
  attempts: readonly AttemptState[],
  controls: readonly JudgedControl[],
  needs: EvidenceNeeds,
): JudgedAttempt[] {
  const validControls = controls.filter((control) => control.valid)
  const references = validControls.map((control) => control.attempt)
  const completed = controls
    .map((control) => control.attempt)
    .filter((attempt) => attempt.end === 'completed')
  const found = attempts.map((attempt) => ({
    attempt,
    ...validity(attempt, completed),
    findings: attemptFindings(attempt, references, completed),
  }))
  const valid = found.filter((entry) => entry.valid)
  const share = (signature: string, arm: readonly { readonly findings: readonly Finding[] }[]) =>
    failureRateBounds(
      arm.filter(({ findings }) => findings.some(({ symptom }) => symptom.signature === signature)).length,
      arm.length,
    )
  const moreOften = (signature: string): boolean =>
    share(signature, valid).low > share(signature, validControls).high
  return found.map((entry) => ({
    ...entry,
    comparison: compareArms(entry.attempt, entry.findings, controls, moreOften),
    gaps: candidateGaps(entry.attempt, needs, references),
  }))
}

function shownSymptoms({ judged, measures }: Weighed): Symptom[] {
  const all = judged.flatMap(({ comparison }) => [
    ...comparison.blamed,
    ...comparison.unproven.map(({ finding }) => finding),
    ...comparison.beforeInstall,
  ])
  const slow = [...measures.findings, ...measures.unproven.map(({ finding }) => finding)]
  return distinct([...all, ...slow]).map(({ symptom }) => symptom)
}
