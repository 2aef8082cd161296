/** stages.json: how the stages of a shard ended. Shards of later stages wait for it; nothing is judged from it. */
import { z } from 'zod'
import { STAGE_ENDS } from './stage-end.ts'

export const StageResultSchema = z.object({
  schema: z.literal('ringzero/stages/1'),
  /** Id of the plan. */
  plan: z.string().max(128),
  stages: z
    .array(
      z.object({
        id: z.string().max(64),
        state: z.enum([...STAGE_ENDS, 'not-started']),
        /** Cells of the stage that this shard had. */
        cells: z.array(z.string().max(64)).max(1_000_000),
      }),
    )
    .max(64),
})
export type StageResult = z.output<typeof StageResultSchema>
