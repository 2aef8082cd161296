/** A shard: the part of a plan that one runner takes. All shards of a plan together are its cells, each once. */
import { z } from 'zod'
import type { Plan } from './plan.ts'

export const ShardSchema = z.object({
  /** 1 … count. */
  index: z.int().min(1).max(1000),
  count: z.int().min(1).max(1000),
  /** Stages whose cells are divided; absent: all of the plan. */
  stages: z.array(z.string().max(64)).min(1).max(16).optional(),
  /** Cells that a person chose (`--only`), instead of a share of all: such a part is never merged. */
  cells: z.array(z.string().max(64)).min(1).max(1000).optional(),
})
export type Shard = z.output<typeof ShardSchema>

/**
 * The plan with these cells alone, in its own order. It keeps the id of the whole plan, whose part it is. Where a person chose the
 * cells, the run adds none.
 */
export function planOfCells(plan: Plan, shard: Shard, cells: Iterable<string>): Plan {
  const mine = new Set(cells)
  return {
    ...plan,
    stages: plan.stages
      .filter(({ id }) => shard.stages?.includes(id) ?? true)
      .map((stage) => ({ ...stage, cells: stage.cells.filter((id) => mine.has(id)) })),
    cells: plan.cells.filter(({ id }) => mine.has(id)),
    settings: shard.cells === undefined ? plan.settings : { ...plan.settings, isolate: 0 },
  }
}
