/**
 * report.json of a partner. Every text in it is a word of ours, one that partners.yaml wrote for this partner, or a name that
 * partners.yaml allows him to see; nothing that a guest wrote.
 */
import { z } from 'zod'
import { CommitmentsSchema } from './commitments.ts'
import { FootprintSchema } from './health.ts'
import { MachineProfileSchema } from './machine-profile.ts'
import { TlpSchema } from './partners.ts'
import { MilestoneSchema, PhaseSchema } from './phase.ts'
import { OsNameSchema } from './recipe.ts'
import { SymptomClassSchema } from './symptom.ts'
import { BlameSchema, OutcomeSchema } from './verdict.ts'

const Title = z.object({ id: z.string(), title: z.string() })

export const RECOVERY_STEPS = ['content-rollback', 'safe-mode-rollback', 'offline-uninstall'] as const

export const PartnerSymptomSchema = z.object({
  /** Absent: the partner may not know which. */
  class: SymptomClassSchema.optional(),
  severity: z.enum(['fail', 'warn']),
  phase: PhaseSchema.optional(),
  milestone: MilestoneSchema.optional(),
  /** `0x00000050` */
  code: z.string().optional(),
  module: z.string().optional(),
})
export type PartnerSymptom = z.output<typeof PartnerSymptomSchema>

/** What an earlier run showed of the partner's machines; `unknown`: nothing is left of it. */
export const EarlierResultSchema = z.enum(['compatible', 'incompatible', 'inconclusive', 'unknown'])
export type EarlierResult = z.output<typeof EarlierResultSchema>

const AttemptsSchema = z.object({ failing: z.int(), valid: z.int() })

/** What a machine is made of. Products of others are in none: whose they are is not told. */
const MachineRecipeSchema = z.object({
  image: z.object({
    os: OsNameSchema,
    kind: z.string(),
    /** As the publisher's lab calls it: "Windows 11 24H2". */
    title: z.string().optional(),
    /** Edition, language, kernel. */
    build: z.record(z.string(), z.string()),
  }),
  machine: MachineProfileSchema,
  /** In the order of their installation. */
  products: z.array(z.object({ id: z.string(), title: z.string(), release: z.string() })),
})
export type MachineRecipe = z.output<typeof MachineRecipeSchema>

export const PartnerCellSchema = z.object({
  /** A keyed hash: the same machine has the same id in all reports to this partner, and another one in those to others. */
  id: z.string(),
  /** axis → id of the value, for the axes that are shown. */
  values: z.record(z.string(), z.string()),
  /** The partner's own products on this machine, by title. */
  products: z.array(z.string()),
  /** What is told of the products of others. */
  others: z.array(z.string()),
  outcome: OutcomeSchema,
  blame: BlameSchema,
  because: z.string(),
  symptoms: z.array(PartnerSymptomSchema),
  attempts: AttemptsSchema,
  /** Attempts that ended without saying anything: a host that failed, an interruption. */
  discarded: z.int(),
  control: AttemptsSchema,
  recovery: z.object({ step: z.enum(RECOVERY_STEPS), broughtBack: z.boolean() }).optional(),
  waived: z.boolean(),
  /** Planned while the run was going, to tell causes apart: it is in no registration. */
  added: z.boolean().optional(),
  recipe: MachineRecipeSchema.optional(),
  checks: z.array(z.string()),
  /** sha256 of files in this bundle. */
  evidence: z.array(z.object({ path: z.string(), sha256: z.string() })),
})
export type PartnerCell = z.output<typeof PartnerCellSchema>

export const PartnerReportSchema = z.object({
  schema: z.literal('ringzero/partner-report/1'),
  id: z.string(),
  state: z.enum(['current', 'withdrawn']),
  /** Id of the report that this one takes the place of, or withdraws. */
  supersedes: z.string().optional(),
  /** Why it was withdrawn. */
  reason: z.string().optional(),
  issued: z.iso.date(),
  expires: z.iso.date(),
  tlp: TlpSchema,
  embargoUntil: z.iso.date().optional(),
  publisher: z.string(),
  audience: z.object({ name: z.string(), title: z.string() }),
  contact: z.string(),
  method: z.string(),
  tool: z.object({ name: z.literal('ringzero'), version: z.string() }),
  run: z.object({
    id: z.string(),
    state: z.enum(['running', 'interrupted', 'complete']),
    simulated: z.boolean(),
    /** Only of a shard, or of chosen cells: the other machines of the plan are not in it. */
    part: z.boolean().optional(),
  }),
  candidate: z.object({ title: z.string(), release: z.string(), kind: z.string(), sha256: z.string() }),
  products: z.array(z.object({ title: z.string(), release: z.string() })),
  axes: z.array(Title.extend({ values: z.array(Title) })),
  /** How the run stands to what was signed for this reader before it began; absent: nothing was. */
  registration: z
    .object({
      commitments: CommitmentsSchema,
      /** Plan and journal are what the publisher's own signatures say. */
      asSigned: z.boolean(),
      /** Runs of the same candidate on machines with the partner's products that the lab began before this one. */
      earlier: z.array(z.object({ run: z.string(), result: EarlierResultSchema })),
    })
    .optional(),
  /** How each machine was tested; only where recipes are told. */
  settings: z.object({ restarts: z.int(), soakSeconds: z.number(), repeats: z.int() }).optional(),
  /** The report is a pack: one machine of several, as a ticket needs it. */
  pack: z.boolean().optional(),
  /** In the order of their ids, which tells nothing. */
  cells: z.array(PartnerCellSchema),
  /** Of the partner's cells: compatible only if every one of them passed. */
  result: z.enum(['compatible', 'incompatible', 'inconclusive']),
  because: z.string(),
  /** On the whole release, which depends on more than the partner's cells; absent: he may not know it. */
  decision: z.enum(['release', 'hold', 'inconclusive']).optional(),
  /** The last rehearsal of the gate before the run; absent: there was none. */
  drill: z
    .object({
      hoursBefore: z.int(),
      /** Classes of known failures that were held for the right reason, and those that were not. */
      held: z.int(),
      missed: z.int(),
    })
    .optional(),
  /** What the partner's own products put into the kernel: only parts that are among his names. */
  health: z
    .array(
      z.object({
        title: z.string(),
        /** Machines with it that could be compared with others without it. */
        machines: z.int(),
        footprint: FootprintSchema,
      }),
    )
    .optional(),
  /** Whether numbers of attempts are rounded down. */
  numbers: z.enum(['rounded', 'exact']),
  /** What this report cannot have shown, in sentences. */
  notLookedAt: z.array(z.string()),
})
export type PartnerReport = z.output<typeof PartnerReportSchema>
