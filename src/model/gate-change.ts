/** What of a gate is another than in an earlier run. */
import { z } from 'zod'

export const GateChangeSchema = z.object({
  what: z.string().describe('a sentence without a full stop'),
  loosens: z
    .boolean()
    .describe('less is seen, or more is let through; false: the gate is stricter or only another'),
  file: z.enum(['policy', 'matrix']).describe('where it stands'),
})
export type GateChange = z.output<typeof GateChangeSchema>

/** The last change of a file of the gate since an earlier run, as git knows it. */
export const GateAuthorSchema = z.object({
  file: z.enum(['policy', 'matrix']),
  author: z.string(),
  /** As git writes it, with its time zone; absent where the change is not committed. */
  at: z.string().optional(),
  commit: z.string().optional(),
})
export type GateAuthor = z.output<typeof GateAuthorSchema>

export const GateLedgerSchema = z.object({
  run: z.string().describe('id of the earlier run'),
  policyOnRecord: z
    .boolean()
    .describe(
      'false: the earlier run keeps no policy that can be read, so that nothing is known of its rules',
    ),
  changes: z.array(GateChangeSchema),
  authors: z.array(GateAuthorSchema),
})
export type GateLedger = z.output<typeof GateLedgerSchema>
