/**
 * Small recorded journals: each is what differs from one good run of one cell, so that hundreds of them can be read and reviewed.
 * Times are left out: the events of a journal lie half a second apart, or as long after the one before as `afterMs` of a line says.
 */
import { z } from 'zod'
import { DrillStandingSchema } from './drill.ts'
import { ArmSchema } from './phase.ts'
import { PolicySchema } from './policy.ts'

const CutSchema = z
  .array(z.tuple([z.int().min(0), z.int().min(1)]))
  .describe('lines of the good journal that are not in this one: the first of them and how many')
const AddSchema = z
  .array(z.tuple([z.int().min(0), z.array(z.record(z.string(), z.json()))]))
  .describe('lines that only this journal has, before which line of the good journal')

export const SmallJournalSchema = z.strictObject({
  name: z.string().min(1).max(160),
  plan: z.record(z.string(), z.json()).optional().describe('fields of the plan that are others'),
  attempts: z
    .array(
      z.strictObject({
        arm: ArmSchema.describe('whose good attempt this one is compared with'),
        cell: z.string().optional(),
        attempt: z.int().optional(),
        host: z.string().optional(),
        cut: CutSchema.optional(),
        add: AddSchema.optional(),
      }),
    )
    .describe('one after the other; without cut and add each is the good one'),
  frame: z
    .strictObject({ cut: CutSchema.optional(), add: AddSchema.optional() })
    .optional()
    .describe('the same of what stands before and behind the attempts'),
  policy: PolicySchema.optional().describe('under which it is judged; default: the built-in policy'),
  drill: DrillStandingSchema.optional(),
  decision: z.enum(['release', 'hold', 'inconclusive']),
  cells: z.array(z.string()).describe('what the judge says of each cell: outcome, blame and symptoms'),
})
export type SmallJournal = z.output<typeof SmallJournalSchema>
