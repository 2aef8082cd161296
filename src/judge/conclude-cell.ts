/** From what the arms showed to one outcome, one blame and one sentence. */
import type { AttemptState } from '../model/run-state.ts'
import { HARD_SYMPTOMS } from '../model/symptom.ts'
import type { Blame, Outcome, Verdict } from '../model/verdict.ts'
import { distinct } from './attempt-findings.ts'
import { causeSentence } from './cause-sentence.ts'
import type { ArmComparison, JudgedControl } from './compare-arms.ts'
import type { Finding, UnprovenFinding } from './finding.ts'
import { recoveryOf } from './symptoms/install-symptoms.ts'
import { describeRate } from './statistics/failure-rate.ts'
import type { MeasureResult } from './symptoms/measure-symptoms.ts'

/** A candidate attempt with what the comparison made of it. */
export interface JudgedAttempt {
  readonly attempt: AttemptState
  readonly valid: boolean
  /** Why it says nothing although it may have come to its end. */
  readonly invalid: string | undefined
  readonly findings: readonly Finding[]
  readonly comparison: ArmComparison
  readonly gaps: readonly string[]
}

interface Conclusion {
  readonly outcome: Outcome
  readonly blame: Blame
  readonly because: string
}

/** Everything that the conclusion is drawn from. */
export interface Weighed {
  readonly judged: readonly JudgedAttempt[]
  readonly controls: readonly JudgedControl[]
  readonly measures: MeasureResult
  readonly blind: Verdict['blind']
  readonly repeats: number
}

/** Whether one of these would make a customer call. */
export function hasFailure(findings: readonly Finding[]): boolean {
  return findings.some(({ symptom }) => symptom.severity === 'fail')
}

/** The first that applies: no valid attempt, a failure of the candidate's, an open question, a warning, a pass. */
export function concludeCell(weighed: Weighed): Conclusion {
  const valid = weighed.judged.filter((entry) => entry.valid)
  if (valid.length === 0) return withoutValidAttempt(weighed.judged)
  return (
    concludeFailure(weighed, valid) ??
    concludeOpen(weighed, valid) ??
    concludeWarning(weighed, valid) ?? {
      outcome: 'pass',
      blame: 'none',
      because: `${describeRate(0, valid.length)}; the control did the same without the candidate`,
    }
  )
}

/** The reason of the last attempt that said nothing; hard evidence that it left behind stays visible. */
function withoutValidAttempt(judged: readonly JudgedAttempt[]): Conclusion {
  const last = judged.at(-1)
  if (last === undefined)
    return { outcome: 'not-run', blame: 'none', because: 'no attempt of this cell was ever started' }
  const hard = hardEvidence(judged)
  if (hard !== undefined) return hard
  const { attempt, invalid } = last
  if (invalid !== undefined) return { outcome: 'inconclusive', blame: 'host', because: `invalid: ${invalid}` }
  const fault = attempt.faults.at(-1)
  const detail = fault === undefined ? '' : `: ${fault.code}, ${fault.message}`
  if (attempt.end === 'host-fault')
    return { outcome: 'inconclusive', blame: 'host', because: `the host failed${detail}` }
  // Nothing of the lab failed: whoever reads this must fix what was given.
  if (fault?.fault === 'user' && (attempt.end === 'stopped' || attempt.end === 'tool-fault')) {
    const hint = fault.hint === undefined ? '' : `; ${fault.hint}`
    return { outcome: 'inconclusive', blame: 'unknown', because: `an input is wrong${detail}${hint}` }
  }
  if (attempt.end === 'plugin-fault' || attempt.end === 'tool-fault')
    return { outcome: 'inconclusive', blame: 'tool', because: `ringzero or a plugin failed${detail}` }
  return {
    outcome: 'not-run',
    blame: 'none',
    because:
      attempt.end === undefined
        ? 'the attempt has no end: it still runs, or its process died'
        : `the attempt was ${attempt.end} before it was complete`,
  }
}

function concludeFailure(
  { measures, controls }: Weighed,
  valid: readonly JudgedAttempt[],
): Conclusion | undefined {
  const failing = valid.filter((entry) => hasFailure(entry.comparison.blamed))
  const slow = measures.findings.filter(({ symptom }) => symptom.severity === 'fail')
  const blamed = distinct([...failing.flatMap(({ comparison }) => comparison.blamed), ...slow])
  if (blamed[0]?.symptom.severity !== 'fail') return undefined
  const counted = controls.filter((control) => control.valid)
  return {
    outcome: 'fail',
    blame: 'candidate',
    because: causeSentence({
      blamed,
      failing: failing.length,
      valid: valid.length,
      control: {
        failing: counted.filter(({ findings }) => hasFailure(findings)).length,
        valid: counted.length,
      },
      recovery: failing.map(({ attempt }) => recoveryOf(attempt)).find((step) => step !== undefined),
    }),
  }
}

/** Anything that keeps the cell from being called good or bad. */
function concludeOpen(weighed: Weighed, valid: readonly JudgedAttempt[]): Conclusion | undefined {
  const open = (blame: Blame, because: string): Conclusion => ({ outcome: 'inconclusive', blame, because })
  const unproven = unprovenOf(weighed, valid).find(({ finding }) => finding.symptom.severity === 'fail')
  if (unproven !== undefined)
    return open('unknown', `${unproven.finding.symptom.summary}; not blamed, because ${unproven.because}`)
  const early = valid
    .flatMap(({ comparison }) => comparison.beforeInstall)
    .find(({ symptom }) => symptom.severity === 'fail')
  if (early !== undefined)
    return open('host', `before the candidate came, so the lab's or the image's: ${early.symptom.summary}`)
  const hard = hardEvidence(weighed.judged.filter((entry) => !entry.valid))
  if (hard !== undefined) return hard
  const known = valid
    .flatMap(({ comparison }) => comparison.preExisting)
    .find(({ symptom }) => symptom.severity === 'fail')
  const missing = missingEvidence(weighed, valid)
  if (missing === undefined) return undefined
  if (known !== undefined)
    return open(
      'pre-existing',
      `this machine fails without the candidate too (${known.symptom.summary}), so it could not be judged: ${missing}`,
    )
  const fault = valid.flatMap(({ attempt }) => attempt.faults)[0]?.fault
  return open(blameOf(fault), `not enough evidence for a pass: ${missing}`)
}

/** A wrong input is a failure of neither candidate nor lab: the reason says what is wrong with it. */
function blameOf(fault: string | undefined): Blame {
  if (fault === undefined || fault === 'user') return 'unknown'
  return fault === 'host' ? 'host' : 'tool'
}

function missingEvidence(weighed: Weighed, valid: readonly JudgedAttempt[]): string | undefined {
  const { judged, controls, blind, measures, repeats } = weighed
  const gap = valid.flatMap(({ gaps }) => gaps)[0]
  if (gap !== undefined) return gap
  if (valid.length < repeats) return `${valid.length} of ${repeats} attempts were completed`
  if (judged.at(-1)?.attempt.end === undefined) return 'the last attempt has no end'
  const valids = controls.filter((control) => control.valid)
  // A control that fails is told as such; a control that is silent about a phase proves nothing.
  if (!valids.some(({ gaps, findings }) => gaps.length === 0 || hasFailure(findings)))
    return valids.length === 0
      ? 'no control attempt was completed'
      : `the control is incomplete: ${valids[0]?.gaps[0] ?? ''}`
  const first = blind[0]
  if (first !== undefined) return `could not look at ${first.subject}: ${first.reason}`
  const uncompared = measures.uncompared[0]
  if (uncompared !== undefined) return `no control measured ${uncompared}`
  const unmeasured = measures.unmeasured[0]
  if (unmeasured !== undefined) return `nothing measured ${unmeasured}, for which the policy has a budget`
  const open = measures.open.find(({ budget }) => budget)
  return open === undefined ? undefined : `${open.measure} may be over its budget: ${open.because}`
}

/** A kernel that died with the candidate in is never forgotten, even if the attempt was cut short or a later one was clean. */
function hardEvidence(judged: readonly JudgedAttempt[]): Conclusion | undefined {
  for (const { attempt, findings, invalid } of judged) {
    const hard = findings.find(
      ({ symptom, afterInstall }) => afterInstall && HARD_SYMPTOMS.has(symptom.class),
    )
    if (hard !== undefined)
      return {
        outcome: 'inconclusive',
        blame: 'unknown',
        because: `attempt ${attempt.attempt} does not count (${invalid ?? attempt.end ?? 'no end'}) but showed: ${hard.symptom.summary}`,
      }
  }
  return undefined
}

function unprovenOf({ measures }: Weighed, valid: readonly JudgedAttempt[]): readonly UnprovenFinding[] {
  return [...valid.flatMap(({ comparison }) => comparison.unproven), ...measures.unproven]
}

function concludeWarning(weighed: Weighed, valid: readonly JudgedAttempt[]): Conclusion | undefined {
  const { measures, controls } = weighed
  const mine = [...valid.flatMap(({ comparison }) => comparison.blamed), ...measures.findings][0]
  if (mine !== undefined) return { outcome: 'warn', blame: 'candidate', because: mine.symptom.summary }
  const unproven = unprovenOf(weighed, valid)[0]
  if (unproven !== undefined)
    return {
      outcome: 'warn',
      blame: 'unknown',
      because: `${unproven.finding.symptom.summary}; not blamed, because ${unproven.because}`,
    }
  const known = valid.flatMap(({ comparison }) => [...comparison.preExisting, ...comparison.beforeInstall])[0]
  const control = controls.flatMap(({ findings }) => findings)[0]
  const shown = known ?? control
  if (shown === undefined) return undefined
  return {
    outcome: 'warn',
    blame: 'pre-existing',
    because: `${shown.symptom.summary}: ${known === undefined ? 'on the control only' : 'not the candidate’s, it is there without it'}`,
  }
}
