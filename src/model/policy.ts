/** policy.yaml: the gate. Rules are written like a driver measure: one metric, its minimum population, its criterion. */
import { z } from 'zod'
import { NameSchema } from './ids.ts'
import { PartialConfigurationSchema } from './matrix.ts'
import { SymptomClassSchema } from './symptom.ts'

export const RuleSchema = z.strictObject({
  id: NameSchema,
  title: z.string().max(200).optional(),
  /**
   * failing-cells: cells with outcome fail and blame candidate (optionally of these symptoms); inconclusive-cells;
   * covered-share: feasible combinations of the plan's strength seen on cells that have a verdict, 0 … 1;
   * starts: starts with the candidate present over all cells; fleet-share: weight share seen on passing cells;
   * failure-rate-bound: pooled 95 % upper bound on the share of failing attempts.
   */
  metric: z.enum([
    'failing-cells',
    'warning-cells',
    'inconclusive-cells',
    'pre-existing-cells',
    'covered-share',
    'starts',
    'fleet-share',
    'failure-rate-bound',
  ]),
  symptoms: z.array(SymptomClassSchema).optional(),
  atMost: z.number().optional(),
  atLeast: z.number().optional(),
  /** Cells with a verdict (pass, warn, fail) that must exist, else the rule is inconclusive, never satisfied. */
  minimumCells: z.int().min(0).optional(),
  waivable: z.boolean().optional(),
})

export const WaiverSchema = z.strictObject({
  id: NameSchema,
  signature: z.string().min(1).max(512).describe('signature of the symptom; a trailing * matches any ending'),
  cells: PartialConfigurationSchema.optional(),
  reason: z.string().min(1).max(1000),
  owner: z.string().min(1).max(200),
  ticket: z.string().min(1).max(200),
  expires: z.iso.date('write a date, as 2026-01-31'),
})

export const BudgetSchema = z.strictObject({
  measure: z
    .string()
    .regex(/^[^*]+\*?$|^\*$/, 'a * may only stand at the end')
    .max(128)
    .describe('name of the measure, as start-time or cpu-busy:soak; a trailing * matches any ending'),
  absolute: z
    .number()
    .positive()
    .optional()
    .describe("worst value that is allowed, in the measure's unit (start-time: milliseconds)"),
  relative: z
    .number()
    .positive()
    .max(1000)
    .optional()
    .describe('how much worse than on the control it may be, as a share of that: 0.2 allows 20 %'),
})

export const DrillRuleSchema = z.strictObject({
  notOlderThanHours: z
    .number()
    .positive()
    .max(24 * 366)
    .describe('how long before the run its gate may have been rehearsed by `ringzero drill`'),
  mustCover: z
    .array(SymptomClassSchema)
    .max(100)
    .optional()
    .describe('classes of symptoms for which the drill must have been red for the right reason'),
})

export const PolicySchema = z.strictObject({
  version: z.literal(1),
  id: NameSchema,
  rules: z.array(RuleSchema).min(1).max(200),
  budgets: z
    .array(BudgetSchema)
    .max(200)
    .optional()
    .describe(
      'what slow starts, processor use and other numbers are judged by; of several that fit a measure the strictest limits count',
    ),
  waivers: z.array(WaiverSchema).max(1000).optional(),
  drill: DrillRuleSchema.optional().describe('a run without such a receipt of a drill releases nothing'),
})
export type Policy = z.output<typeof PolicySchema>
export type PolicyRule = z.output<typeof RuleSchema>
export type Budget = z.output<typeof BudgetSchema>
export type Waiver = z.output<typeof WaiverSchema>

/** Used when no policy is given: nothing may fail, nothing may stay open, every planned combination must have been seen. */
export const DEFAULT_POLICY: Policy = {
  version: 1,
  id: 'default',
  rules: [
    {
      id: 'no-candidate-failure',
      title: 'no cell fails because of the candidate',
      metric: 'failing-cells',
      atMost: 0,
      minimumCells: 1,
      waivable: true,
    },
    { id: 'nothing-open', title: 'no cell is without a verdict', metric: 'inconclusive-cells', atMost: 0 },
    {
      id: 'covered',
      title: 'every planned combination was seen on a machine with a verdict',
      metric: 'covered-share',
      atLeast: 1,
    },
  ],
}
