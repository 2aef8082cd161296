/**
 * Whose symptom is it? The default is not the candidate: blame needs evidence against a clean control, and what was seen
 * before the install cannot be the candidate's at all.
 */
import type { AttemptState } from '../model/run-state.ts'
import type { SymptomClass } from '../model/symptom.ts'
import { observationsOf, seenAfterInstall } from './attempt-view.ts'
import { settledStarts } from './evidence-gaps.ts'
import type { Finding, UnprovenFinding } from './finding.ts'

/** A control attempt with what the rules found in it and what it leaves unproven. */
export interface JudgedControl {
  /** As in the report. */
  readonly id: string
  readonly attempt: AttemptState
  /** Completed on the machine that was asked for: only these prove anything. */
  readonly valid: boolean
  /** Why it proves nothing although it may have come to its end. */
  readonly invalid: string | undefined
  readonly findings: readonly Finding[]
  readonly gaps: readonly string[]
}

export interface ArmComparison {
  /** The candidate's: seen with it, and a control that was looked at the same way does not show it. */
  readonly blamed: readonly Finding[]
  /** Shown by a control that counts, or by this machine before the candidate came where no control says the contrary. */
  readonly preExisting: readonly Finding[]
  /** Seen before the install and not on the control: the lab's or the image's. */
  readonly beforeInstall: readonly Finding[]
  /** Seen with the candidate, but the controls do not say what is usual. */
  readonly unproven: readonly UnprovenFinding[]
}

/** Classes that say something about the machine as a whole; a control with one of these is not clean. */
const MACHINE_CLASSES: ReadonlySet<SymptomClass> = new Set<SymptomClass>([
  'boot-loop',
  'bugcheck',
  'panic',
  'boot-hang',
  'recovery-entry',
  'bitlocker-recovery',
  'unexpected-restart',
  'unexpected-power-off',
  'restart-ignored',
  'power-off-failed',
  'agent-silent',
  'logon-hang',
  'never-settles',
  'hang-after-soak',
])

const OWN_BASELINE = 'it was so before the candidate came, too, though it held on the control'
const LOST = 'only a control that does not count shows it, too'

/**
 * Sorts the findings of one candidate attempt. `moreOften` says of a signature whether the candidate's arm shows it more
 * often than chance allows on controls that count.
 */
export function compareArms(
  attempt: AttemptState,
  findings: readonly Finding[],
  controls: readonly JudgedControl[],
  moreOften: (signature: string) => boolean = () => false,
): ArmComparison {
  const blamed: Finding[] = []
  const preExisting: Finding[] = []
  const beforeInstall: Finding[] = []
  const unproven: UnprovenFinding[] = []
  const valid = controls.filter((control) => control.valid)
  const seenBefore = new Set(
    findings.filter((finding) => !finding.afterInstall).map(({ symptom }) => symptom.signature),
  )
  for (const finding of findings) {
    const { signature } = finding.symptom
    const often = finding.afterInstall && moreOften(signature)
    const onControl = isOnControl(finding, valid)
    const subject = finding.basis.kind === 'subject' ? finding.basis.subject : undefined
    const ownBaseline = subject !== undefined && failsInOwnBaseline(attempt, subject)
    // One bad look before the candidate came says little of the machine when the control, which is the same, held throughout.
    const contradicted = ownBaseline && heldThroughout(subject, valid)
    const ownAlready = !contradicted && (ownBaseline || (finding.afterInstall && seenBefore.has(signature)))
    if (ownAlready || (onControl && !often)) preExisting.push(finding)
    else if (!finding.afterInstall) beforeInstall.push(finding)
    else if (onControl) blamed.push(finding)
    else {
      const mixed = contradicted ? OWN_BASELINE : isOnControl(finding, controls) && !often ? LOST : undefined
      const because = mixed ?? missingProof(attempt, finding, controls)
      if (because === undefined) blamed.push(finding)
      else unproven.push({ finding, because })
    }
  }
  return { blamed, preExisting, beforeInstall, unproven }
}

function isOnControl(finding: Finding, controls: readonly JudgedControl[]): boolean {
  const { basis, symptom } = finding
  return controls.some(
    (control) =>
      control.findings.some((other) => other.symptom.signature === symptom.signature) ||
      (basis.kind === 'subject' && subjectStates(control.attempt, basis.subject).includes(false)),
  )
}

/** Some of these controls looked at the subject, and none ever saw it fail. */
function heldThroughout(subject: string, controls: readonly JudgedControl[]): boolean {
  const states = controls.flatMap((control) => subjectStates(control.attempt, subject))
  return states.length > 0 && !states.includes(false)
}

function failsInOwnBaseline(attempt: AttemptState, subject: string): boolean {
  return observationsOf(attempt, 'expectation').some(
    (observation) =>
      observation.fact.subject === subject &&
      !observation.fact.holds &&
      !seenAfterInstall(attempt, observation),
  )
}

/** Why this finding cannot be blamed on the candidate; undefined when the control proves that it is not usual. */
function missingProof(
  attempt: AttemptState,
  { basis, symptom }: Finding,
  controls: readonly JudgedControl[],
): string | undefined {
  const valid = controls.filter((control) => control.valid)
  const unclean = controls
    .flatMap((control) => control.findings)
    .find((other) => other.symptom.severity === 'fail' && MACHINE_CLASSES.has(other.symptom.class))
  const useless =
    valid.length === 0
      ? 'no control attempt was completed on the machine that was asked for'
      : unclean && `the control is not clean: ${unclean.symptom.summary}`
  if (useless !== undefined) return useless
  const started = valid.some(
    ({ attempt: control }) =>
      settledStarts(control, 'boot') + settledStarts(control, 'restore') > 0 &&
      settledStarts(control, 'restart') > 0,
  )
  if (!started) return 'no control was seen to start and to restart'
  if (basis.kind === 'machine') return undefined
  if (basis.kind !== 'subject')
    return valid.some(({ gaps }) => gaps.length === 0)
      ? undefined
      : `no control went through all its phases: ${valid[0]?.gaps[0] ?? ''}`
  const states = valid.flatMap((control) => subjectStates(control.attempt, basis.subject))
  if (states.includes(true)) return undefined
  const heldBefore = subjectStates(attempt, basis.subject).includes(true)
  if (symptom.class === 'rollback-incomplete' && heldBefore) return undefined
  return `no control looked at ${basis.subject}`
}

function subjectStates(attempt: AttemptState, subject: string): boolean[] {
  return observationsOf(attempt, 'expectation')
    .filter(({ fact }) => fact.subject === subject)
    .map(({ fact }) => fact.holds)
}
