/** What each piece of software of a run puts into the kernel, what it starts, and what it costs. */
import { z } from 'zod'

/** Parts of a footprint, as checks list them. */
export const FOOTPRINT_PARTS = ['drivers', 'minifilters', 'modules', 'filters-network'] as const
export type FootprintPart = (typeof FOOTPRINT_PARTS)[number]

const Names = z.array(z.string())
export const FootprintSchema = z.object({
  drivers: Names,
  /** With their altitudes. */
  minifilters: Names,
  modules: Names,
  'filters-network': Names,
})
export type Footprint = z.output<typeof FootprintSchema>

/** How one machine with the candidate differs from its control, over all machines that were measured on both. */
const CostSchema = z.object({
  name: z.string(),
  unit: z.string(),
  /** Mean of the differences, candidate less control. */
  difference: z.number(),
  /** 95 % interval of the mean; absent for fewer than two machines. */
  interval: z.tuple([z.number(), z.number()]).optional(),
  machines: z.int(),
})
export type Cost = z.output<typeof CostSchema>

export const HealthCardSchema = z.object({
  /** `candidate`, or the id of a product. */
  of: z.string(),
  /** Title and release. */
  title: z.string(),
  /** Machines whose footprint could be compared. 0: nothing here says what is its own. */
  machines: z.int(),
  footprint: FootprintSchema,
  /** Parts of others that are gone with the candidate. */
  gone: FootprintSchema,
  /** What starts by itself and came, went or changed: `new service:x`. */
  autostarts: Names,
  costs: z.array(CostSchema),
  /** How often each recovery step was tried and brought the machine back. */
  recovery: z.array(z.object({ step: z.string(), tried: z.int(), broughtBack: z.int() })),
})
export type HealthCard = z.output<typeof HealthCardSchema>

/** How the candidate's footprint stands to that of an earlier release: what came, and what is no longer there. */
export const FootprintChangeSchema = z.object({
  part: z.enum(FOOTPRINT_PARTS),
  before: z.int(),
  now: z.int(),
  more: Names,
  fewer: Names,
})
export type FootprintChange = z.output<typeof FootprintChangeSchema>

export const ReportHealthSchema = z.object({
  /** The candidate's card first, then one for each product, by id. */
  cards: z.array(HealthCardSchema),
  /** Only where the run was compared with an earlier one whose candidate was measured. */
  since: z.object({ run: z.string(), title: z.string(), changes: z.array(FootprintChangeSchema) }).optional(),
})
export type ReportHealth = z.output<typeof ReportHealthSchema>
