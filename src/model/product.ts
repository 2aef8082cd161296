/** product.yaml: software that customers have beside the candidate, installed once into a layer and watched for ever. */
import { z } from 'zod'
import { NameSchema, Sha256Schema } from './ids.ts'
import { GuestCommandSchema } from './command.ts'
import { GuestPathSchema, LocalPathSchema, RecipesSchema, ServiceNameSchema, OsNameSchema } from './recipe.ts'

/** One way in which others use what runs on a machine. */
export const UseSchema = z.strictObject({
  name: NameSchema,
  command: GuestCommandSchema.describe(
    'exits 0 when the answer is right; says in its first line how it went',
  ),
  times: z.int().min(1).max(1000).optional().describe('how often in a row, default 10: a role under load'),
})

export type RoleUse = z.output<typeof UseSchema>

const HealthSchema = z.strictObject({
  /** Exits 0 when the product protects; its first line of output is kept as evidence. */
  probe: GuestCommandSchema.optional(),
  use: z
    .array(UseSchema)
    .max(16)
    .optional()
    .describe(
      'really uses what it does for others, as a name that is resolved, a lease, a page, a share; a service that runs may still give no answer',
    ),
  services: z.array(ServiceNameSchema).max(64).optional().describe('must be running'),
  drivers: z.array(z.string().max(128)).max(64).optional().describe('must be loaded'),
  /** Minifilters by name; the altitude is compared with the baseline. Windows only. */
  minifilters: z.array(z.string().max(128)).max(32).optional(),
  /** Name under which Windows' security center must list it as on. Windows client only. */
  securityCenterName: z.string().max(200).optional(),
  /**
   * Prints which program and which content run now, as their versions; must print the same through the whole attempt.
   * Without it only the versions of `drivers` are compared.
   */
  versions: GuestCommandSchema.optional(),
  /** Files that must stay as they were installed. */
  protectedFiles: z.array(GuestPathSchema).max(1000).optional(),
  readyTimeoutSeconds: z.number().positive().max(7200).optional(),
})

const FreezeSchema = z.strictObject({
  run: z
    .array(GuestCommandSchema)
    .min(1)
    .max(16)
    .describe(
      'run once in its layer, when the product is healthy: keeps it from updating itself; each must exit 0',
    ),
  proof: GuestCommandSchema.optional().describe(
    'exits 0 while it cannot update itself; asked before the layer is sealed and at each check',
  ),
})

export const ProductSchema = z.strictObject({
  version: z.literal(1),
  id: NameSchema,
  title: z.string().max(200),
  vendor: z.string().max(200).optional(),
  release: z.string().min(1).max(64),
  class: NameSchema.optional().describe(
    'what it is to somebody who must not know its name, as "antivirus-minifilter" or "edr"',
  ),
  kind: z.enum(['built-in', 'driver', 'msi', 'exe', 'script', 'content']).default('script'),
  files: z
    .array(
      z.strictObject({
        path: LocalPathSchema,
        sha256: Sha256Schema.optional().describe(
          'pins the bits; while it or the file is missing, the product is not in place and its cells are left out',
        ),
      }),
    )
    .max(10_000)
    .default([]),
  obtain: z.string().max(400).optional().describe('where its files come from; told while they are not there'),
  main: LocalPathSchema.optional(),
  recipes: RecipesSchema.optional(),
  health: z.strictObject({ linux: HealthSchema.optional(), windows: HealthSchema.optional() }),
  freeze: z.strictObject({ linux: FreezeSchema.optional(), windows: FreezeSchema.optional() }).optional(),
  installNeedsNetwork: z
    .boolean()
    .optional()
    .describe(
      'its layer is built with an open network, which the host must grant; its cells have none of that',
    ),
  limits: z
    .array(z.string().min(1).max(400))
    .max(16)
    .optional()
    .describe(
      'what cannot be asked of it or kept still, each as a sentence; told in every plan and report with it',
    ),
  licenceSecret: NameSchema.optional(),
  expires: z.iso.date('write a date, as 2026-01-31').optional(),
  /** Builds its own files on this host before they are hashed, as a kernel module for each image. */
  prepare: z
    .strictObject({ builder: z.literal('kernel-module'), source: LocalPathSchema, output: LocalPathSchema })
    .optional(),
  os: z.array(OsNameSchema).optional(),
})
export type Product = z.output<typeof ProductSchema>
export type ProductHealth = z.output<typeof HealthSchema>

/** A product that was read and whose hashes were checked. */
export interface LoadedProduct extends Omit<Product, 'files'> {
  readonly files: readonly { readonly path: string; readonly sha256: string }[]
  readonly folder: string
  readonly sha256: string
}

/** A product of the lab whose file is right, and whose own files are not in place yet. */
export interface AbsentProduct {
  readonly id: string
  readonly title: string
  readonly folder: string
  /** What is missing, each as a sentence without its full stop; at least one. */
  readonly lacking: readonly string[]
  /** Where its files come from. */
  readonly obtain?: string
}
