import type { Configuration } from '../../model/matrix.ts'

/** A cell that ran and was judged: how many of its runs failed. Runs that showed nothing (lost, inconclusive) are not counted. */
export interface ObservedCell {
  readonly configuration: Configuration
  readonly failures: number
  readonly runs: number
}
