/** Whether the next stage may start. */
import type { Verdict } from '../model/verdict.ts'

/** Red as soon as the candidate breaks one cell; open while one has no verdict; passed only when every cell has one. */
export function stageResult(verdicts: readonly Verdict[]): 'passed' | 'failed' | 'inconclusive' {
  if (
    verdicts.some(
      ({ outcome, blame, waiver }) => outcome === 'fail' && blame === 'candidate' && waiver === undefined,
    )
  )
    return 'failed'
  return verdicts.every(
    ({ outcome, waiver }) => outcome === 'pass' || outcome === 'warn' || waiver !== undefined,
  )
    ? 'passed'
    : 'inconclusive'
}
