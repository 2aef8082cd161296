/** partners.yaml: to whom reports go, and what each may see. What is not named here is in no partner's report. */
import { z } from 'zod'
import { NameSchema, Sha256Schema } from './ids.ts'
import { SecretSchema } from './lab.ts'
import { SymptomClassSchema } from './symptom.ts'

/** The labels of the Traffic Light Protocol 2.0 (first.org/tlp), as they must be written. */
export const TLP_LABELS = ['TLP:CLEAR', 'TLP:GREEN', 'TLP:AMBER', 'TLP:AMBER+STRICT', 'TLP:RED'] as const
export const TlpSchema = z.enum(TLP_LABELS)

const DateSchema = z.iso.date('write a date, as 2026-01-31')
const TextSchema = z.string().min(1).max(2000)

export const ShownSchema = z.strictObject({
  axes: z
    .array(NameSchema)
    .max(64)
    .optional()
    .describe('axes of the matrix whose values the partner sees, in this order; default none'),
  checks: z
    .array(z.string().min(1).max(128))
    .max(256)
    .optional()
    .describe('checks that are named where they ran; default none'),
  symptoms: z
    .union([z.literal('all'), z.array(SymptomClassSchema)])
    .optional()
    .describe('classes of failures that are named; default none: a failure is told without its class'),
  details: z
    .array(z.enum(['phase', 'milestone', 'code', 'module']))
    .optional()
    .describe('what else is told of a failure; a module only if it is one of the partner’s names'),
  numbers: z
    .enum(['rounded', 'exact'])
    .optional()
    .describe('numbers of attempts: rounded down to 1, 2, 5, 10, 20, 50 and so on (default), or exact'),
  others: z
    .enum(['presence', 'class', 'pseudonym'])
    .optional()
    .describe(
      'products of others in the partner’s cells: only that there are some (default), their class, or a pseudonym that stays the same over runs; the last two tell how many there are',
    ),
  evidence: z
    .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'write the name of a file, as serial.log'))
    .max(64)
    .optional()
    .describe('text files of the partner’s cells that are handed over, by name, as serial.log'),
  files: z
    .array(Sha256Schema)
    .max(1000)
    .optional()
    .describe(
      'evidence that a person has looked at, by sha256: the only way to hand over a picture or a dump',
    ),
  reproduction: z
    .boolean()
    .optional()
    .describe(
      'what each machine is made of, for `ringzero reproduce`: hardware profile, image by title and edition, the partner’s own products; default false',
    ),
  health: z
    .boolean()
    .optional()
    .describe(
      'drivers, filters and modules of the partner’s own products, as far as they are among his names; default false',
    ),
  decision: z.boolean().optional().describe('the decision on the whole release; default false'),
})

export const PartnerSchema = z.strictObject({
  name: NameSchema,
  title: z.string().min(1).max(200),
  products: z.array(NameSchema).min(1).max(64).describe('ids of the partner’s own products'),
  names: z
    .array(z.string().min(2).max(200))
    .max(256)
    .optional()
    .describe('more names that are the partner’s own: vendor, drivers, services, as netwatch.sys'),
  tlp: TlpSchema.optional().describe('default TLP:AMBER+STRICT'),
  embargoUntil: DateSchema.optional(),
  validDays: z.int().min(1).max(3650).optional().describe('days until the report expires; default 90'),
  contact: z.string().min(1).max(400).describe('whom the partner can ask'),
  method: TextSchema.optional().describe('how the tests were made, for this reader'),
  show: ShownSchema.optional(),
})
export type Partner = z.output<typeof PartnerSchema>

export const PartnersSchema = z.strictObject({
  version: z.literal(1),
  publisher: z.string().min(1).max(200).describe('who publishes, as partners know the lab'),
  secret: SecretSchema.describe(
    'key of all pseudonyms, at least 32 characters; a reader who knows it can undo them',
  ),
  pseudonymsFrom: z
    .int()
    .min(2)
    .max(100)
    .optional()
    .describe(
      'products of others are told apart only where there are at least so many, default 3: of two, each could be guessed',
    ),
  notSecret: z
    .array(z.string().min(1).max(200))
    .max(1000)
    .optional()
    .describe('names of the run that give nothing away, as a product whose id is an ordinary word'),
  partners: z.array(PartnerSchema).min(1).max(1000),
})
export type Partners = z.output<typeof PartnersSchema>
