/** One cell in plain text: what a person needs when a test report shows only text. */
import type { ControlAttempt, Report } from '../../model/report.ts'
import { spellValues } from '../../model/spelling.ts'
import { readPanic } from '../../model/panic-text.ts'
import { configurationText } from '../../model/configuration-text.ts'

/** Observations are bounded when they are written; this holds for journals that were not. */
const LONGEST_LINE = 8000

/** Lines on configuration, symptoms with seen and expected, control, attempts of both arms, recovery and blind spots. */
export function describeCell(
  { planned, verdict }: Report['cells'][number],
  controls: readonly ControlAttempt[],
  axes: Report['matrix']['axes'],
): string {
  const lines = [
    `configuration: ${configurationText(spellValues(axes, planned.configuration))}`,
    `outcome: ${verdict.outcome}, blame: ${verdict.blame}, failing ${verdict.failing} of ${verdict.valid} valid attempts`,
    `control: failing ${verdict.control.failing} of ${verdict.control.valid}${verdict.control.cached ? ' (shared)' : ''}`,
  ]
  for (const symptom of verdict.symptoms)
    lines.push(
      `${symptom.severity}: ${symptom.class} in ${symptom.phase}${symptom.milestone === undefined ? '' : ` at ${symptom.milestone}`}: ${symptom.summary}`,
      `  seen: ${framesFirst(symptom.seen)}`,
      `  expected: ${symptom.expected}`,
      `  signature: ${symptom.signature}`,
    )
  for (const symptom of verdict.preExisting) lines.push(`without the candidate too: ${symptom.summary}`)
  for (const { arm, attempt, end, milestone, invalid } of [...verdict.attempts, ...controls])
    lines.push(
      `attempt ${attempt} (${arm}): ${end}${milestone === undefined ? '' : `, last start reached ${milestone}`}${invalid === undefined ? '' : `, invalid: ${invalid}`}`,
    )
  if (verdict.recovery !== undefined)
    lines.push(
      `recovery: ${verdict.recovery.step} ${verdict.recovery.broughtBack ? 'brought the machine back' : 'did not bring it back'}`,
    )
  for (const { subject, reason } of verdict.blind) lines.push(`could not look at ${subject}: ${reason}`)
  return lines.map((line) => line.slice(0, LONGEST_LINE)).join('\n')
}

/** The text of a kernel's death with its frames before its registers; any other text as it is. */
function framesFirst(text: string): string {
  const { head, frames, rest } = readPanic(text)
  return head.length === 0 || frames.length === 0 ? text : [...head, ...frames, ...rest].join('\n')
}
