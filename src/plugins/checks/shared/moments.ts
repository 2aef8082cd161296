/** The points of an attempt at which most checks look. */
import type { Moment } from '../../../sdk/check.ts'

export const EVERY_MOMENT: readonly Moment[] = [
  'baseline',
  'after-install',
  'after-restart',
  'after-soak',
  'after-rollback',
]
