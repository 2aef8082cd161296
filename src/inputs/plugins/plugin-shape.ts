/** What a plugin's default export must look like; functions are only seen to be functions. */
import { z } from 'zod'
import { MomentSchema } from '../../model/phase.ts'
import { OsNameSchema } from '../../model/recipe.ts'

const PlainNameSchema = z
  .string()
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'use lower-case letters, digits and "-"')

const call = z.custom<(...values: never[]) => unknown>(
  (value) => typeof value === 'function',
  'write a function',
)

/** Only `apiVersion`, read before anything else: another version may look different. */
export const PluginVersionSchema = z.looseObject({ apiVersion: z.int() })

/** The shape of a plugin named `name`; ids of checks, collectors and reporters carry the name: `acme/queue-depth`. */
export const PluginShapeSchema = z.looseObject({
  name: PlainNameSchema,
  apiVersion: z.int(),
  checks: z
    .array(
      z.looseObject({
        id: z.string(),
        title: z.string().min(1).max(200),
        moments: z.array(MomentSchema).min(1),
        os: z.array(OsNameSchema).min(1),
        needed: z.boolean().optional(),
        start: z.literal('safe').optional(),
        run: call,
      }),
    )
    .optional(),
  collectors: z
    .array(z.looseObject({ id: z.string(), when: z.enum(['always', 'on-symptom']), collect: call }))
    .optional(),
  installers: z
    .array(
      z.looseObject({
        kinds: z.array(z.string()).min(1),
        os: z.array(OsNameSchema).min(1),
        apply: call,
        verify: call,
        remove: call,
        offlineUndo: call.optional(),
        stimulate: call.optional(),
      }),
    )
    .optional(),
  providers: z.array(z.looseObject({ name: z.string(), open: call })).optional(),
  reporters: z
    .array(z.looseObject({ name: z.string(), onEvent: call.optional(), write: call.optional() }))
    .optional(),
  configure: call.optional(),
})
