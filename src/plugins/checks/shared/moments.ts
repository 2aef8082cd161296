/** The points of an attempt at which most checks look. */
import { MomentSchema, type Moment } from '../../../model/phase.ts'

export const EVERY_MOMENT: readonly Moment[] = MomentSchema.options
