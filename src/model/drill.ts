/** Drills: candidates that are known to be bad and their good twins, and the receipt of a rehearsal with them. */
import { z } from 'zod'
import { NameSchema, Sha256Schema } from './ids.ts'
import { PhaseSchema } from './phase.ts'
import { LocalPathSchema, OsNameSchema } from './recipe.ts'
import { SymptomClassSchema } from './symptom.ts'

/** Where a script of a scenario says what the bad candidate does and its twin does not. */
export const FAULT = '${fault}'

const ScriptSchema = z.string().min(1).max(20_000)

export const DrillScenarioSchema = z.strictObject({
  version: z.literal(1),
  id: NameSchema,
  title: z.string().max(200).describe('what the bad candidate does, as the end of a sentence'),
  os: OsNameSchema,
  expect: z
    .strictObject({
      class: SymptomClassSchema,
      phases: z.array(PhaseSchema).min(1).describe('the symptom must be seen in one of these'),
      recovery: z.string().max(64).optional().describe('the recovery step that must bring the machine back'),
    })
    .describe('for what the bad candidate must be red; the blame must be the candidate’s'),
  kind: z.enum(['content', 'script']).default('content').describe('content begins from a checkpoint'),
  needs: z
    .strictObject({
      product: z
        .boolean()
        .optional()
        .describe('a product with a service, which the scripts know as ${service}'),
      memory: z
        .boolean()
        .optional()
        .describe(
          'two values of an axis with different memory; ${memoryKiB} lies between them, and the smaller one must be the suspect',
        ),
      file: z
        .strictObject({ path: LocalPathSchema, obtain: z.string().min(1).max(400) })
        .optional()
        .describe('a file that cannot be shipped: it is taken from the folder of --files'),
    })
    .optional(),
  together: z
    .boolean()
    .optional()
    .describe(
      'its fault in install leaves the machine running and hides no other: a small drill puts all of these into one candidate',
    ),
  restarts: z.int().min(1).max(5).default(1),
  soakSeconds: z.number().min(0).max(600).default(1),
  seconds: z.int().min(1).max(3600).default(40).describe('about how long it takes: the longest begin first'),
  install: ScriptSchema.optional().describe('runs in the guest when the candidate is installed'),
  boot: ScriptSchema.optional().describe('runs in every early start of a Linux guest'),
  uninstall: ScriptSchema.optional().describe('runs when the candidate is removed'),
  fault: ScriptSchema.describe('stands for ${fault} in one of the scripts of the bad candidate'),
  twin: ScriptSchema.optional().describe('stands there in the twin; default: a command that does nothing'),
  simulated: z
    .array(NameSchema)
    .max(8)
    .optional()
    .describe('what a simulated machine does with the bad candidate in it; without it, it is not simulated'),
})
export type DrillScenario = z.output<typeof DrillScenarioSchema>

/** A fault that somebody chose for a blind drill; the hash of the file fixes it. */
export const SealSchema = z.strictObject({
  schema: z.literal('ringzero/seal/1'),
  /** Milliseconds since 1970. */
  sealedAt: z.number(),
  /** Keeps the fault from being guessed from the hash: there are few. */
  salt: z.string().min(32).max(200),
  scenario: DrillScenarioSchema,
})
export type Seal = z.output<typeof SealSchema>

/** A blind drill at its end: what was sealed, and what the run named. */
export interface Revealed {
  readonly schema: 'ringzero/revealed/1'
  /** Of the seal. */
  readonly sha256: string
  /** Id of the run. */
  readonly run: string
  readonly sealed: Pick<DrillScenario, 'title'> & Pick<DrillScenario['expect'], 'class' | 'phases'>
  /** Each sort of symptom of the run once. */
  readonly named: readonly string[]
  readonly result: 'named' | 'not-named' | 'lab'
  readonly because: string
}

/** What became of one scenario. */
export const DrillResultSchema = z.strictObject({
  scenario: NameSchema,
  title: z.string(),
  class: SymptomClassSchema,
  /**
   * red: as expected, its twin green. blind: the gate lets it through, or is red for another reason. twin-red: the good twin was not
   * green. lab: the lab failed, so that nothing is known. not-shown: this lab cannot show it.
   */
  result: z.enum(['red', 'blind', 'twin-red', 'lab', 'not-shown']),
  because: z.string(),
  /** From the start of the run to its end. */
  secondsToRed: z.number().optional(),
  /** Folders of the runs, from the folder of the drill. */
  bad: z.string().optional(),
  twin: z.string().optional(),
})
export type DrillResult = z.output<typeof DrillResultSchema>

export const DrillReceiptSchema = z.strictObject({
  schema: z.literal('ringzero/drill/1'),
  tool: z.string(),
  /** Name of the computer that the drill ran on. */
  computer: z.string(),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  endedAt: z.number(),
  matrix: z.strictObject({ id: NameSchema, sha256: Sha256Schema }),
  /** Hash of the lab file; its hosts by name. */
  lab: z.strictObject({
    sha256: Sha256Schema,
    hosts: z.array(z.strictObject({ name: z.string(), provider: z.string() })),
    simulated: z.boolean(),
  }),
  policy: z.strictObject({ id: NameSchema, sha256: Sha256Schema }),
  /** The whole matrix, not one cell of it. */
  full: z.boolean(),
  results: z.array(DrillResultSchema),
})
export type DrillReceipt = z.output<typeof DrillReceiptSchema>

/** What the newest receipt that fits a run says: part of the run's report. */
export const DrillStandingSchema = z.object({
  startedAt: z.number(),
  /** Classes whose bad candidate was held for its reason, and those for which the gate was blind or a twin not green. */
  covered: z.array(SymptomClassSchema),
  missed: z.array(SymptomClassSchema),
  full: z.boolean(),
  computer: z.string().describe('on which the drill ran'),
  signedBy: z.string().optional().describe('id of the key that signed the receipt'),
})
export type DrillStanding = z.output<typeof DrillStandingSchema>

/** A receipt as it is kept, with who signed it. */
export const KeptReceiptSchema = z.strictObject({
  receipt: DrillReceiptSchema,
  /** A Sigstore bundle with the receipt in it, and the id of the key that signed it. */
  signature: z.strictObject({ keyId: z.string().max(200), bundle: z.string().max(1_000_000) }).optional(),
})
export type KeptReceipt = z.output<typeof KeptReceiptSchema>

/** 0: all as expected; 1: something is blind or a twin red; 3: the lab failed. */
export function drillDecision({
  results,
}: Pick<DrillReceipt, 'results'>): 'release' | 'hold' | 'inconclusive' {
  if (results.some(({ result }) => result === 'blind' || result === 'twin-red')) return 'hold'
  const shown = results.filter(({ result }) => result === 'red')
  return shown.length === 0 || results.some(({ result }) => result === 'lab') ? 'inconclusive' : 'release'
}
