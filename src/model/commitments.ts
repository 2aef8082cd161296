/** What a partner can hold a run to without being told what it is. */
import { z } from 'zod'

/** What a run rests on, each told by a keyed hash that is another one for every partner. */
export const COMMITMENTS = ['plan', 'seed', 'inputs', 'policy'] as const
export const CommitmentsSchema = z.object({
  plan: z.string(),
  seed: z.string(),
  inputs: z.string(),
  policy: z.string(),
})
export type Commitments = z.output<typeof CommitmentsSchema>
