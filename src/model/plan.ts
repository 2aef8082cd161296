/** plan.json: which cells, why, in what order, on which inputs. The same inputs and seed give the same bytes. */
import { z } from 'zod'
import { MachineProfileSchema } from './machine-profile.ts'
import { UseSchema } from './product.ts'
import { OsNameSchema } from './recipe.ts'

export const PlannedCellSchema = z.object({
  id: z.string(),
  stage: z.string(),
  configuration: z.record(z.string(), z.string()),
  machine: MachineProfileSchema,
  image: z.string(),
  os: OsNameSchema,
  products: z.array(z.string()),
  /** What the matrix says of how this machine is used, besides what its products say. */
  uses: z.array(UseSchema).optional(),
  /** Name of the host sort that can run it, as the provider's name. */
  provider: z.string(),
  /** What this cell is for, in one line. */
  purpose: z.string(),
  /** Equal for cells whose control arm is the same machine. */
  controlKey: z.string(),
  /** Only where the stage asks for checkpoints: how the first start is made, and why it is not from one. */
  start: z.object({ from: z.enum(['checkpoint', 'boot']), because: z.string().optional() }).optional(),
  /** Only where its stage has a soak of its own; else that of the settings. */
  soakSeconds: z.number().optional(),
  expectedSeconds: z.number(),
})
export type PlannedCell = z.output<typeof PlannedCellSchema>

export const CoverageAtSchema = z.object({
  strength: z.int(),
  covered: z.int(),
  feasible: z.int(),
  infeasible: z.int(),
})
export type CoverageAt = z.output<typeof CoverageAtSchema>

export const WithheldValueSchema = z.object({
  axis: z.string(),
  value: z.string(),
  /** Its share of the fleet among the values of its axis, 0 to 1. */
  share: z.number(),
  reason: z.string(),
})
export type WithheldValue = z.output<typeof WithheldValueSchema>

/** Software beside the candidate that some cell has. */
export const PlannedProductSchema = z.object({
  id: z.string(),
  title: z.string(),
  release: z.string(),
  vendor: z.string().optional(),
  class: z.string().optional().describe('what it is to somebody who must not know its name, as "edr"'),
})

export const PlanSchema = z.object({
  schema: z.literal('ringzero/plan/1'),
  /** sha256 of the rest, `sources` left out. */
  id: z.string(),
  matrix: z.string(),
  title: z.string().optional(),
  seed: z.int(),
  strength: z.int(),
  inputs: z.array(
    z.object({
      role: z.enum(['matrix', 'lab', 'candidate', 'product', 'image', 'history']),
      name: z.string(),
      sha256: z.string(),
    }),
  ),
  /** axis → value ids, in the order of the matrix file: what report and suspects need. */
  axes: z.array(
    z.object({
      id: z.string(),
      title: z.string().optional(),
      values: z.array(
        z.object({
          id: z.string(),
          title: z.string().optional(),
          /** How people read the value, where the id is only a key. */
          spelling: z.string().optional(),
          weight: z.number(),
        }),
      ),
    }),
  ),
  stages: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      continueOnFailure: z.boolean(),
      cells: z.array(z.string()),
    }),
  ),
  cells: z.array(PlannedCellSchema),
  /** In the order of the lab file; absent where no cell has any. */
  products: z.array(PlannedProductSchema).optional(),
  settings: z.object({
    soakSeconds: z.number(),
    restarts: z.int(),
    repeats: z.int(),
    checks: z.array(z.string()),
    /** When each check looks and where it can: the judge passes no cell for which one of these is missing. */
    checkNeeds: z
      .array(
        z.object({
          id: z.string(),
          moments: z.array(z.string()),
          os: z.array(OsNameSchema),
          needed: z.boolean(),
        }),
      )
      .optional(),
    /** Further cells that the run may add to tell suspects apart. */
    isolate: z.int(),
    /** Further repeats of a cell that the run may order where what was measured leaves the answer open; absent: none. */
    settle: z.int().optional(),
  }),
  coverage: z.array(CoverageAtSchema),
  lowerBound: z.int().optional(),
  provedMinimal: z.boolean(),
  infeasible: z.array(z.object({ values: z.record(z.string(), z.string()), reason: z.string() })),
  /** All of them; the list above may be cut. */
  infeasibleCount: z.int(),
  /** Values without a cell, because a product that they install was not in place; among the impossible ones, too. */
  withheld: z.array(WithheldValueSchema).optional(),
  /** Of the known incidents; absent where no lab was given. */
  incidents: z.object({ known: z.int(), seen: z.int(), notSeen: z.int(), noMachine: z.int() }).optional(),
  warnings: z.array(z.string()),
  /** Only in a plan that waits for its runners: who planned, and where the inputs were, from the folder where that was done. Not part of the id. */
  sources: z
    .object({
      toolVersion: z.string(),
      matrix: z.string().max(4096),
      lab: z.string().max(4096).optional(),
      candidate: z.string().max(4096).optional(),
    })
    .optional(),
})
export type Plan = z.output<typeof PlanSchema>
