/** Incidents of the past as data: what a matrix and a machine must have to meet them, and which symptom would tell. */
import { z } from 'zod'
import { NameSchema } from './ids.ts'
import { FirmwareSchema } from './machine-profile.ts'
import { OsNameSchema } from './recipe.ts'
import { SymptomClassSchema } from './symptom.ts'

/** What a cell must have; at least one way to tell that it has it. */
const IncidentAxisSchema = z.strictObject({
  /** As people read it after "no axis for". */
  title: z.string(),
  /** Any of these, as whole words, in the id, title, attributes, image or products of one of the cell's values. */
  words: z.array(z.string().regex(/^[a-z0-9]+(?: [a-z0-9]+)*$/)).optional(),
  /** All of these, in the machine's profile. */
  machine: z
    .strictObject({
      firmware: FirmwareSchema.optional(),
      tpm: z.literal('2.0').optional(),
      minimumNumaNodes: z.int().optional(),
      minimumProcessors: z.int().optional(),
      configurationVersionBelow: z.number().optional(),
      /** The guest's clock is set. */
      clock: z.literal(true).optional(),
    })
    .optional(),
  /** The matrix' soak is at least as long. */
  soakSeconds: z.int().optional(),
})
export type IncidentAxis = z.output<typeof IncidentAxisSchema>

const KnownIncidentSchema = z.strictObject({
  id: NameSchema,
  /** The change that caused it. */
  title: z.string(),
  /** As far as it is known: `2024-07-19`, `2025-04`, a span. */
  date: z.string(),
  breaks: z.string(),
  os: OsNameSchema,
  symptom: SymptomClassSchema,
  /** Keys of `axes`; all in one cell. */
  needs: z.array(NameSchema),
  machine: z.enum(['yes', 'partly', 'no']).describe('whether a virtual machine can show it'),
  because: z.string().optional().describe('why it cannot, or only partly'),
})
export type KnownIncident = z.output<typeof KnownIncidentSchema>

export const KnownIncidentsSchema = z
  .strictObject({
    source: z.string(),
    axes: z.record(NameSchema, IncidentAxisSchema),
    incidents: z.array(KnownIncidentSchema),
  })
  .refine(
    ({ axes, incidents }) => incidents.every(({ needs }) => needs.every((axis) => Object.hasOwn(axes, axis))),
    'an incident needs an axis that is not described',
  )
  .refine(
    ({ incidents }) =>
      incidents.every(({ machine, because }) => (machine === 'yes') === (because === undefined)),
    'an incident that a virtual machine does not show completely says why, and no other does',
  )
export type KnownIncidents = z.output<typeof KnownIncidentsSchema>
