/** One cell on one page of a terminal. */
import { configurationText } from '../model/configuration-text.ts'
import type { CellExplanation, ExplainedAttempt } from '../app/explain-cell.ts'
import type { Symptom } from '../model/symptom.ts'
import { durationText } from '../kit/duration-text.ts'

/** Lines for people. */
export function formatExplanation(explained: CellExplanation): string[] {
  const { verdict } = explained
  const bounds = `${(100 * verdict.rateLow).toFixed(0)} – ${(100 * verdict.rateHigh).toFixed(0)} %`
  return [
    `cell ${explained.cell} (${explained.stage}): ${verdict.outcome}, blame ${verdict.blame}`,
    `  ${verdict.because}`,
    `  ${configurationText(explained.spelled)}`,
    `  for: ${explained.purpose}`,
    `  failing ${verdict.failing} of ${verdict.valid} attempts (rate ${bounds}); control ${verdict.control.failing} of ${verdict.control.valid}${verdict.control.cached ? ', cached' : ''}`,
    ...(verdict.recovery === undefined
      ? []
      : [
          `  recovery: ${verdict.recovery.step} ${verdict.recovery.broughtBack ? 'brought it back' : 'did not bring it back'}`,
        ]),
    ...section('symptoms', verdict.symptoms.flatMap(formatSymptom)),
    ...section('on the control, too', verdict.preExisting.flatMap(formatSymptom)),
    ...section(
      'could not be looked at',
      verdict.blind.map(({ subject, reason }) => `${subject}: ${reason}`),
    ),
    ...section(
      'worse than the control, but not told from noise',
      (verdict.open ?? []).map(({ measure, because }) => `${measure}: ${because}`),
    ),
    ...section('attempts', explained.attempts.flatMap(formatAttempt)),
    ...section(
      'suspects in this cell',
      explained.suspects.map(
        (suspect) =>
          `${suspect.rank}. ${configurationText(suspect.values, ' × ')} (${suspect.support}) of ${suspect.failure}`,
      ),
    ),
    ...section(
      'same signature',
      explained.similar.map(({ cell, signatures }) => `${cell}: ${signatures.join(', ')}`),
    ),
    ...section(
      'waivers',
      explained.waivers.map(
        ({ id, ticket, expires, applied }) =>
          `${id} ${ticket} until ${expires}: ${applied ? 'applied' : 'not applied'}`,
      ),
    ),
    ...section(
      'evidence',
      explained.evidence.map(({ path, bytes, name }) => `${name} (${bytes} bytes): ${path}`),
    ),
    ...section('kept machines', explained.keptMachines),
  ]
}

function formatSymptom(symptom: Symptom): string[] {
  return [
    `${symptom.class} (${symptom.severity}) in ${symptom.phase}${symptom.milestone === undefined ? '' : ` at ${symptom.milestone}`}: ${symptom.summary}`,
    `  seen: ${symptom.seen}`,
    `  expected: ${symptom.expected}`,
    `  signature: ${symptom.signature}`,
  ]
}

function formatAttempt(attempt: ExplainedAttempt): string[] {
  const took = attempt.endedAt === undefined ? '' : `, ${durationText(attempt.endedAt - attempt.startedAt)}`
  return [
    `${attempt.arm} #${attempt.attempt}: ${attempt.end}${took}${attempt.invalid === undefined ? '' : `, says nothing: ${attempt.invalid}`}`,
    ...attempt.boots.map(
      (boot) =>
        `  start ${boot.ordinal} (${boot.cause}): reached ${boot.milestone}, ${boot.ended}${boot.readyMs === undefined ? '' : `, ready after ${durationText(boot.readyMs)}`}`,
    ),
    ...attempt.faults.map((fault) => `  fault ${fault.code} in ${fault.phase}: ${fault.message}`),
  ]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}
