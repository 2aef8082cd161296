/** A judged cell: what happened, whose fault it is, and why we say so. */
import { z } from 'zod'
import { ArmSchema } from './phase.ts'
import { SymptomSchema } from './symptom.ts'

export const OutcomeSchema = z.enum(['pass', 'warn', 'fail', 'inconclusive', 'not-run'])
export type Outcome = z.output<typeof OutcomeSchema>
export const BlameSchema = z.enum(['candidate', 'pre-existing', 'host', 'tool', 'unknown', 'none'])
export type Blame = z.output<typeof BlameSchema>

/** One start of a machine, as a person follows it. */
export const StartSummarySchema = z.object({
  /** 1 for the first of the attempt. */
  ordinal: z.int(),
  cause: z.string(),
  milestone: z.string(),
  ended: z.string(),
  /** Milliseconds to the agent's answer, and until nothing was pending. */
  readyMs: z.number().optional(),
  settledMs: z.number().optional(),
})
export type StartSummary = z.output<typeof StartSummarySchema>

export const AttemptSummarySchema = z.object({
  arm: ArmSchema,
  attempt: z.int(),
  end: z.string(),
  host: z.string().optional(),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  symptoms: z.array(z.string()),
  milestone: z.string().optional(),
  /** Starts that settled with the candidate present; 0 on the control arm. */
  starts: z.int().optional(),
  /** Each start, recovery among them; only where something was found on the attempt. */
  boots: z.array(StartSummarySchema).optional(),
  invalid: z.string().optional().describe('why this attempt says nothing about the candidate'),
  phases: z.array(
    z.object({ phase: z.string(), startedAt: z.number(), endedAt: z.number().optional(), end: z.string() }),
  ),
})
export type AttemptSummary = z.output<typeof AttemptSummarySchema>

export const OpenMeasureSchema = z.object({
  /** Name and phase. */
  measure: z.string(),
  /** The numbers, and why they do not decide. */
  because: z.string(),
  /** The policy has a budget for it, so that the cell has no verdict while this is open. */
  budget: z.boolean(),
})
export type OpenMeasure = z.output<typeof OpenMeasureSchema>

export const VerdictSchema = z.object({
  cell: z.string(),
  outcome: OutcomeSchema,
  blame: BlameSchema,
  /** One sentence. */
  because: z.string(),
  symptoms: z.array(SymptomSchema),
  /** Signatures that also appeared on the control: shown, not blamed on the candidate. */
  preExisting: z.array(SymptomSchema),
  /** k failing of n valid candidate attempts, with the exact 95 % bounds of the failure rate. */
  failing: z.int(),
  valid: z.int(),
  rateLow: z.number(),
  rateHigh: z.number(),
  control: z.object({
    failing: z.int(),
    valid: z.int(),
    /** Measured for another cell or in an earlier run. */
    cached: z.boolean(),
    /** Ids of the attempts that stand for this cell's control: the report tells each once, under `controls`. */
    attempts: z.array(z.string()),
  }),
  /** Those with the candidate. */
  attempts: z.array(AttemptSummarySchema),
  /** Numbers that are worse than the control's, too few to tell it from noise; absent where there are none. */
  open: z.array(OpenMeasureSchema).optional(),
  recovery: z.object({ step: z.string(), broughtBack: z.boolean() }).optional(),
  waiver: z
    .object({
      id: z.string(),
      owner: z.string(),
      ticket: z.string(),
      reason: z.string(),
      expires: z.string(),
    })
    .optional(),
  checksRun: z.array(z.string()),
  /** Checks that could not look: a verdict is never `pass` while a needed one is blind. */
  blind: z.array(z.object({ subject: z.string(), reason: z.string() })),
})
export type Verdict = z.output<typeof VerdictSchema>

/** pass, warn and fail are verdicts; inconclusive and not-run are open questions. */
export function isDecided({ outcome }: Pick<Verdict, 'outcome'>): boolean {
  return outcome !== 'inconclusive' && outcome !== 'not-run'
}

/** A failure that the candidate is blamed for. */
export function isBlamed({ outcome, blame }: Pick<Verdict, 'outcome' | 'blame'>): boolean {
  return outcome === 'fail' && blame === 'candidate'
}
