/** The matrix file: the one definition of its keys, from which types, errors, editor help and docs come. */
import { z } from 'zod'
import { UseSchema } from './product.ts'
import { NameSchema } from './ids.ts'
import { MachineFragmentSchema } from './machine-profile.ts'

const ScalarSchema = z.union([z.string().max(256), z.number(), z.boolean()])

export const AxisValueSchema = z.strictObject({
  id: NameSchema,
  title: z.string().max(200).optional(),
  weight: z
    .number()
    .nonnegative()
    .optional()
    .describe('share of the customer fleet; any unit, only ratios count; default 1'),
  attributes: z
    .record(NameSchema, ScalarSchema)
    .optional()
    .describe('facts that constraints may compare, as release: 26100'),
  image: NameSchema.optional().describe('the lab image that this value boots'),
  machine: MachineFragmentSchema.optional().describe(
    'the part of the hardware profile that this value decides',
  ),
  products: z.array(NameSchema).max(16).optional().describe('lab products that are installed, in this order'),
  use: z
    .array(UseSchema)
    .max(16)
    .optional()
    .describe(
      'machines with this value: really uses what they do for others or need of a neighbour, as a name that is resolved, a lease, a page, a share; run in the guest before and after the update',
    ),
  negative: z.boolean().optional().describe('an invalid value: at most one of these in a cell (PICT’s "~")'),
  aliases: z.array(z.string().max(256)).max(32).optional(),
})

export const AxisSchema = z.strictObject({
  title: z.string().max(200).optional(),
  values: z.array(AxisValueSchema).min(1).max(1000),
})

/** A partial configuration: axis to one value or to a list of values. */
export const PartialConfigurationSchema = z.record(
  NameSchema,
  z.union([NameSchema, z.array(NameSchema).min(1)]),
)

export const ConstraintSchema = z.union([
  z.strictObject({
    rule: z
      .string()
      .min(1)
      .max(4096)
      .describe('PICT language: IF [build] = "server2016" THEN [tpm] = "none";'),
    reason: z.string().max(400).optional(),
  }),
  z.strictObject({
    when: PartialConfigurationSchema.optional(),
    require: PartialConfigurationSchema.optional(),
    forbid: PartialConfigurationSchema.optional(),
    reason: z.string().max(400).optional(),
  }),
])

export const StageSchema = z.strictObject({
  id: NameSchema,
  title: z.string().max(200).optional(),
  cells: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('smoke: this many cells that together cover the most risk'),
  strength: z
    .int()
    .min(1)
    .max(6)
    .optional()
    .describe('cells until every combination of this many values occurred'),
  full: z.boolean().optional().describe('every configuration that the constraints allow'),
  continueOnFailure: z.boolean().optional().describe('start the next stage even if this one is red'),
  path: z
    .enum(['content', 'package'])
    .optional()
    .describe(
      'only for candidates of this path: "content" are those of kind content, "package" all others; their cells stay in the stage before otherwise. Default both',
    ),
  soakSeconds: z
    .number()
    .nonnegative()
    .max(86_400 * 7)
    .optional()
    .describe(
      'how long the machines of this stage run under observation; default that of the matrix. With `cells`, and after the last stage with a strength: that many of its riskiest cells run here instead',
    ),
  start: z
    .enum(['boot', 'checkpoint'])
    .optional()
    .describe(
      'candidates of kind content, "checkpoint": go on from a saved running machine instead of booting one first; each restart is a real start all the same. Default boot',
    ),
})

export const MatrixSchema = z.strictObject({
  version: z.literal(1),
  id: NameSchema,
  title: z.string().max(200).optional(),
  axes: z.record(NameSchema, AxisSchema),
  defaults: z
    .strictObject({
      image: NameSchema.optional(),
      machine: MachineFragmentSchema.optional(),
      products: z.array(NameSchema).optional(),
    })
    .optional(),
  constraints: z.array(ConstraintSchema).max(2000).optional(),
  exclude: z
    .array(PartialConfigurationSchema)
    .max(2000)
    .optional()
    .describe('GitHub Actions semantics: configurations that match are removed'),
  include: z
    .array(z.record(NameSchema, NameSchema))
    .max(2000)
    .optional()
    .describe('GitHub Actions semantics: extends matching configurations or adds a new one'),
  seeds: z
    .array(z.record(NameSchema, NameSchema))
    .max(2000)
    .optional()
    .describe('configurations (or parts of one) that must run'),
  strength: z.int().min(1).max(6).optional().describe('default 2: every pair of values occurs in some cell'),
  groups: z
    .array(z.strictObject({ axes: z.array(NameSchema).min(1), strength: z.int().min(1).max(6) }))
    .max(64)
    .optional(),
  stages: z.array(StageSchema).max(16).optional(),
  soakSeconds: z
    .number()
    .nonnegative()
    .max(86_400 * 7)
    .optional()
    .describe('how long the machine runs under observation after the restarts; default 10'),
  restarts: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'starts with the candidate present; default 3, because Windows enters recovery only after failed starts',
    ),
  repeats: z.int().min(1).max(1000).optional().describe('attempts of each cell and arm; default 1'),
  checks: z
    .strictObject({ only: z.array(z.string()).optional(), skip: z.array(z.string()).optional() })
    .optional(),
})

export type Matrix = z.output<typeof MatrixSchema>
export type Axis = z.output<typeof AxisSchema>
export type AxisValue = z.output<typeof AxisValueSchema>
export type MatrixConstraint = z.output<typeof ConstraintSchema>
export type PartialConfiguration = z.output<typeof PartialConfigurationSchema>

/** One value for every axis. */
export type Configuration = Readonly<Record<string, string>>
