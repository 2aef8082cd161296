/** candidate.yaml: the update under test, pinned by hash. */
import { z } from 'zod'
import { NameSchema, Sha256Schema } from './ids.ts'
import { LocalPathSchema, RecipesSchema } from './recipe.ts'

export const CandidateKindSchema = z.enum(['driver', 'msi', 'exe', 'msu', 'cab', 'content', 'script'])

export const CandidateSchema = z.strictObject({
  version: z.literal(1),
  id: NameSchema,
  title: z.string().max(200).optional(),
  release: z.string().min(1).max(64).describe('the version of the update itself, as 7.11.1 or 291'),
  kind: CandidateKindSchema,
  files: z
    .array(z.strictObject({ path: LocalPathSchema, sha256: Sha256Schema }))
    .min(1)
    .max(10_000),
  /** The file that the kind's default recipe installs; needed when `files` holds more than one of its type. */
  main: LocalPathSchema.optional(),
  recipes: RecipesSchema.optional(),
  /** The co-installed product that this update belongs to: its own health probe must stay green. */
  product: NameSchema.optional(),
})
export type Candidate = z.output<typeof CandidateSchema>

/** A candidate that was read and whose hashes were checked. */
export interface LoadedCandidate extends Candidate {
  /** Absolute folder of candidate.yaml. */
  readonly folder: string
  /** sha256 over the canonical JSON of the definition: names the exact bits, since it holds every file's hash. */
  readonly sha256: string
}
