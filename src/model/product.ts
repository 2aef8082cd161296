/** product.yaml: software that customers have beside the candidate, installed once into a layer and watched for ever. */
import { z } from 'zod'
import { NameSchema, Sha256Schema } from './ids.ts'
import { GuestCommandSchema } from './command.ts'
import { GuestPathSchema, LocalPathSchema, RecipesSchema, ServiceNameSchema, OsNameSchema } from './recipe.ts'

const HealthSchema = z.strictObject({
  /** Exits 0 when the product protects; its first line of output is kept as evidence. */
  probe: GuestCommandSchema.optional(),
  services: z.array(ServiceNameSchema).max(64).optional().describe('must be running'),
  drivers: z.array(z.string().max(128)).max(64).optional().describe('must be loaded'),
  /** Minifilters by name; the altitude is compared with the baseline. Windows only. */
  minifilters: z.array(z.string().max(128)).max(32).optional(),
  /** Name under which Windows' security center must list it as on. Windows client only. */
  securityCenterName: z.string().max(200).optional(),
  /** Files that must stay as they were installed. */
  protectedFiles: z.array(GuestPathSchema).max(1000).optional(),
  readyTimeoutSeconds: z.number().positive().max(7200).optional(),
})

export const ProductSchema = z.strictObject({
  version: z.literal(1),
  id: NameSchema,
  title: z.string().max(200),
  vendor: z.string().max(200).optional(),
  release: z.string().min(1).max(64),
  /** What a report may say of it to other vendors, as "antivirus-minifilter" or "edr". */
  class: NameSchema.optional(),
  kind: z.enum(['built-in', 'driver', 'msi', 'exe', 'script', 'content']).default('script'),
  files: z
    .array(z.strictObject({ path: LocalPathSchema, sha256: Sha256Schema }))
    .max(10_000)
    .default([]),
  main: LocalPathSchema.optional(),
  recipes: RecipesSchema.optional(),
  health: z.strictObject({ linux: HealthSchema.optional(), windows: HealthSchema.optional() }),
  uninstallLeaves: z.array(GuestPathSchema).max(1000).optional(),
  licenceSecret: NameSchema.optional(),
  expires: z.iso.date('write a date, as 2026-01-31').optional(),
  /** Builds its own files on this host before they are hashed, as a kernel module for each image. */
  prepare: z
    .strictObject({ builder: z.enum(['kernel-module']), source: LocalPathSchema, output: LocalPathSchema })
    .optional(),
  os: z.array(OsNameSchema).optional(),
})
export type Product = z.output<typeof ProductSchema>
export type ProductHealth = z.output<typeof HealthSchema>

/** A product that was read and whose hashes were checked. */
export interface LoadedProduct extends Product {
  readonly folder: string
  readonly sha256: string
}
