/** lab.yaml: where machines can run, what they boot from, what can be installed beside the candidate. */
import { z } from 'zod'
import { NameSchema } from './ids.ts'
import { OsNameSchema } from './recipe.ts'

const AnyPathSchema = z.string().min(1).max(1024)

export const HostSchema = z.strictObject({
  name: NameSchema,
  provider: NameSchema.describe(
    'name of a provider: a shipped one (ringzero doctor lists them), or a plugin’s',
  ),
  capacity: z.strictObject({
    vcpus: z.int().min(1).max(4096),
    memoryMiB: z.int().min(64),
    machines: z.int().min(1).max(1024),
  }),
  options: z.record(z.string(), z.json()).optional().describe('the provider’s own; checked by the provider'),
  allowNetwork: z.boolean().optional().describe('guests may be given a way out; default false'),
  costPerHour: z.number().nonnegative().optional(),
})

export const ImageSchema = z.strictObject({
  id: NameSchema,
  title: z.string().max(200).optional(),
  kind: z.enum(['linux-micro', 'windows', 'disk']),
  os: OsNameSchema,
  /** linux-micro: which of the distribution's kernels, as "generic" or "cloud"; windows: edition and so on. Read by the builder. */
  build: z.record(z.string(), z.json()).optional(),
  /** kind disk: a disk file that somebody else made. */
  path: AnyPathSchema.optional(),
  credentials: z
    .strictObject({ user: z.string().max(128), password: NameSchema.describe('name of a secret') })
    .optional(),
  expires: z.iso
    .date('write a date, as 2026-01-31')
    .optional()
    .describe('end of an evaluation licence; a run warns 14 days before'),
})

export const SecretSchema = z.union([
  z.strictObject({ name: NameSchema, environment: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
  z.strictObject({ name: NameSchema, file: AnyPathSchema.describe('readable by its owner alone') }),
])

export const LabSchema = z.strictObject({
  version: z.literal(1),
  hosts: z.array(HostSchema).min(1).max(1000),
  images: z.array(ImageSchema).max(1000).optional(),
  products: z
    .array(z.strictObject({ folder: AnyPathSchema }))
    .max(1000)
    .optional()
    .describe('folders with a product.yaml'),
  secrets: z.array(SecretSchema).max(200).optional(),
  /** Folder of built images, layers and cached controls; default `.ringzero` beside the current folder. */
  store: AnyPathSchema.optional(),
  plugins: z
    .array(
      z.strictObject({
        module: z.string().min(1).max(512),
        options: z.record(z.string(), z.json()).optional(),
      }),
    )
    .max(100)
    .optional(),
})
export type Lab = z.output<typeof LabSchema>
export type LabHost = z.output<typeof HostSchema>
export type LabImage = z.output<typeof ImageSchema>
export type LabSecret = z.output<typeof SecretSchema>
