/** What a person must know of a run that did not pass: what breaks, on which machines, what brings them back. */
import { leadingSuspects, suspectOf } from './leading-suspects.ts'
import type { Report, Suspect } from './report.ts'
import { recoveryCounts, reportProblems, type RecoveryCount, type ReportProblem } from './report-problems.ts'

export interface RunCause {
  /** Failures and warnings by signature, the one to begin with first. */
  readonly problems: readonly ReportProblem[]
  /** The first failure, with the sentence of the first failing cell that has it. */
  readonly worst: { readonly problem: ReportProblem; readonly because: string } | undefined
  readonly suspect: Suspect | undefined
  readonly recovery: readonly RecoveryCount[]
}

/** Goes over the report once. */
export function runCause(report: Report): RunCause {
  const problems = reportProblems(report)
  const problem = problems.find(({ severity }) => severity === 'fail')
  const verdicts = (problem?.cells ?? []).flatMap((place) => report.cells[place]?.verdict ?? [])
  const verdict = verdicts.find(({ outcome }) => outcome === 'fail') ?? verdicts[0]
  return {
    problems,
    worst: problem === undefined || verdict === undefined ? undefined : { problem, because: verdict.because },
    suspect: suspectOf(leadingSuspects(report.suspects), problem?.signature),
    recovery: recoveryCounts(report.cells),
  }
}
