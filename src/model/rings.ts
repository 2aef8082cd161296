/** What `ringzero rings --json` prints: in which order and how fast an update goes to the fleet; what a deployment system reads. */
import { z } from 'zod'
import type { Configuration } from './matrix.ts'

const ConfigurationSchema = z.record(z.string(), z.string())

export const RingSchema = z.object({
  /** From 1. */
  ring: z.int(),
  machines: z.int(),
  /** Together with all rings before. */
  cumulative: z.int(),
  /** Hours after the start of ring 1. */
  startsAtHour: z.number(),
  /** Until a failure whose rate would break the budget in the next ring was seen with 95 % certainty; at least the minimum. */
  watchHours: z.number(),
  /** The lowest rate of failing starts that is seen by then, with 95 % certainty. */
  seesRate: z.number(),
  /** Hours in which these machines show a failure of the rate that was asked for. */
  hoursToSeeRate: z.number(),
  /** Failed machines, over all rings so far, from which on nothing more is deployed. */
  haltAt: z.int(),
  /** How many machines of each configuration; those that the lab could not cover come first. */
  take: z.array(z.object({ configuration: ConfigurationSchema, machines: z.int(), because: z.string() })),
})
export type Ring = z.output<typeof RingSchema>

export const RingDecisionSchema = z.object({
  decision: z.enum(['go', 'hold', 'wait']),
  /** The ring that it is about; one more than there are when all have it. */
  nextRing: z.int(),
  because: z.string(),
  failed: z.int(),
  reported: z.int(),
  budgetLeft: z.number(),
})
export type RingDecision = z.output<typeof RingDecisionSchema>

export const RingPlanSchema = z.object({
  schema: z.literal('ringzero/rings/1'),
  run: z.string(),
  /** A simulated run bounds nothing: such a plan is a rehearsal. */
  simulated: z.boolean(),
  gate: z.enum(['release', 'hold', 'inconclusive']),
  candidate: z.object({ id: z.string(), release: z.string(), sha256: z.string() }),
  fleet: z.int(),
  budget: z.number(),
  rate: z.number(),
  /** Machines that are expected to break at most, over all faults of up to three values that the run leaves possible. */
  worstExpected: z.number(),
  /** Hours until the whole fleet has it. */
  hours: z.number(),
  rings: z.array(RingSchema),
  /** Each configuration of the fleet, and what the run says of it. */
  configurations: z.array(
    z.object({
      configuration: ConfigurationSchema,
      machines: z.int(),
      lab: z.enum(['tested', 'covered', 'unseen', 'failed']),
      /** 95 % upper bound of its failure rate; 1 where the lab says nothing. */
      rateHigh: z.number(),
      unseen: z.array(z.string()).describe('pairs of values that no passing cell had'),
      recovery: z
        .array(z.string())
        .describe('recovery steps that brought this very configuration back in the lab'),
    }),
  ),
  /** Not deployed to: they fail in the lab. */
  heldBack: z.int(),
  watch: z.array(z.string()),
  warnings: z.array(z.string()),
  decision: RingDecisionSchema.optional(),
})
export type RingPlan = z.output<typeof RingPlanSchema>

/** One machine that has the update, as it reported. */
export interface ObservedMachine {
  readonly configuration: Configuration
  readonly failed: boolean
  /** Hours that it has had the update. */
  readonly hours: number
}

/** What the page of `ringzero rings --html` draws. */
export interface RingPage {
  readonly toolVersion: string
  readonly plan: RingPlan
}
