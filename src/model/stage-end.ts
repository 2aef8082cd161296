/** How a stage ends: the one rule of the live run, a resumed one, and every report. */
import { z } from 'zod'
import { isBlamed, type Verdict } from './verdict.ts'

export const STAGE_ENDS = ['passed', 'failed', 'inconclusive'] as const
export const StageEndSchema = z.enum(STAGE_ENDS)
export type StageEnd = z.output<typeof StageEndSchema>

/**
 * Failed as soon as the candidate breaks one cell that no waiver covers; passed only when every cell passed, warned or is
 * waived; inconclusive while a cell has no verdict.
 */
export function stageEnd(verdicts: readonly Pick<Verdict, 'outcome' | 'blame' | 'waiver'>[]): StageEnd {
  const unwaived = verdicts.filter(({ waiver }) => waiver === undefined)
  if (unwaived.some(isBlamed)) return 'failed'
  return unwaived.every(({ outcome }) => outcome === 'pass' || outcome === 'warn') ? 'passed' : 'inconclusive'
}
