/** manifest.json of a built image, a layer and a checkpoint: what it is, what it was made of, and the hash of every file. */
import { z } from 'zod'
import { NameSchema, Sha256Schema } from './ids.ts'
import { MachineFragmentSchema } from './machine-profile.ts'
import { OsNameSchema } from './recipe.ts'

export const DiskFormatSchema = z.enum(['qcow2', 'raw', 'vhdx'])

/** A file of the store: beside the manifest, or (`absolute`) a file outside of the store. */
export const StoredFileSchema = z.strictObject({
  path: z.string().min(1),
  absolute: z.boolean().optional(),
  sha256: Sha256Schema,
  bytes: z.int().nonnegative(),
})
export type StoredFile = z.output<typeof StoredFileSchema>

export const ImageManifestSchema = z.strictObject({
  schema: z.literal('ringzero/image/1'),
  id: NameSchema,
  kind: z.enum(['linux-micro', 'windows', 'disk']),
  os: OsNameSchema,
  /** Hash of how it is built: the builder and the lab's `build`; equal recipes may give newer images as packages move on. */
  recipe: Sha256Schema,
  /** Hash of the recipe and of the exact inputs: the name of its folder. */
  key: Sha256Schema,
  /** Hash of the content: what cells and controls are keyed by. */
  sha256: Sha256Schema,
  builtAt: z.number(),
  disk: StoredFileSchema,
  diskFormat: DiskFormatSchema,
  partition: z.enum(['whole-disk', 'auto']),
  kernel: z
    .strictObject({
      image: StoredFileSchema,
      /** The distribution's own kernel file, for machines with UEFI firmware. */
      uefiImage: StoredFileSchema.optional(),
      initrd: StoredFileSchema.optional(),
      commandLine: z.string(),
      safeCommandLine: z.string(),
    })
    .optional(),
  credentials: z.strictObject({ user: z.string(), secret: z.string() }).optional(),
  /** For reports: kernel release, packages, edition. */
  facts: z.record(z.string(), z.json()),
})
export type ImageManifest = z.output<typeof ImageManifestSchema>

export const LayerManifestSchema = z.strictObject({
  schema: z.literal('ringzero/layer/1'),
  key: Sha256Schema,
  /** Hash of the chain up to and including this layer. */
  sha256: Sha256Schema,
  /** Hash of the image or layer below. */
  parent: Sha256Schema,
  product: z.strictObject({ id: NameSchema, release: z.string(), sha256: Sha256Schema }),
  /** What came with the product, as the difference of the guest before and after it showed: `aspect item`. */
  owned: z.array(z.string().max(700)).max(20_000).optional(),
  builtAt: z.number(),
  disk: StoredFileSchema,
  diskFormat: DiskFormatSchema,
  facts: z.record(z.string(), z.json()),
})
export type LayerManifest = z.output<typeof LayerManifestSchema>

/** A settled machine, saved while it ran: what cells of the content lane go on from. */
export const CheckpointManifestSchema = z.strictObject({
  schema: z.literal('ringzero/checkpoint/1'),
  key: Sha256Schema,
  /** Hash of the content: the disk below, the disk and the memory. */
  sha256: Sha256Schema,
  /** Hash of the image or layer that it was started from. */
  parent: Sha256Schema,
  image: NameSchema,
  products: z.array(NameSchema),
  machine: MachineFragmentSchema,
  host: z.string(),
  /** The provider's name for all of the host that the state depends on. */
  identity: z.string(),
  savedAt: z.number(),
  /** Of the saved guest: a restored machine that says something else is not this one. */
  bootId: z.string(),
  bootCount: z.int(),
  /** How long its start took until it had ended. */
  bootMs: z.number(),
  disk: StoredFileSchema,
  diskFormat: DiskFormatSchema,
  memory: StoredFileSchema,
  /** What else the provider needs to go on from it. */
  further: z.array(StoredFileSchema),
})
export type CheckpointManifest = z.output<typeof CheckpointManifestSchema>
