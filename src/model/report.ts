/** report.json: everything that may be said about a run, judged; every rendering is made from this alone. */
import { z } from 'zod'
import { DrillStandingSchema } from './drill.ts'
import { GateLedgerSchema } from './gate-change.ts'
import { ReportHealthSchema } from './health.ts'
import { ArmSchema } from './phase.ts'
import { CoverageAtSchema, PlannedCellSchema } from './plan.ts'
import { ShardSchema } from './shard.ts'
import { STAGE_ENDS } from './stage-end.ts'
import { AttemptSummarySchema, VerdictSchema } from './verdict.ts'

export const SuspectSchema = z.object({
  /** axis → value: the smallest combination that explains the failures. */
  values: z.record(z.string(), z.string()),
  rank: z.int(),
  /** What it is suspected of, as people read it: class and summary of the failure. */
  failure: z.string(),
  /** Signatures of the symptoms that this failure shows as. */
  signatures: z.array(z.string()),
  /** Cells with this failure that hold it, of all that have it. */
  explains: z.int(),
  failing: z.int(),
  /** Passing cells that hold it; 0 unless the failure is intermittent. */
  passing: z.int(),
  /** confirmed: further cells showed it. likely: the only explanation left of its size. possible: one of several. */
  support: z.enum(['confirmed', 'likely', 'possible']),
  /** Other combinations that the constraints make indistinguishable from this one. */
  equivalent: z.array(z.record(z.string(), z.string())),
  because: z.string(),
})
export type Suspect = z.output<typeof SuspectSchema>

export const RuleResultSchema = z.object({
  id: z.string(),
  title: z.string(),
  metric: z.string(),
  value: z.number().nullable(),
  criterion: z.string(),
  /** Cells (or attempts) the value was computed over. */
  population: z.int(),
  result: z.enum(['satisfied', 'violated', 'inconclusive']),
  waived: z.array(z.string()),
  explanation: z.string(),
})

export const GateSchema = z.object({
  schema: z.literal('ringzero/gate/1'),
  policy: z.string(),
  policySha256: z.string().describe('of what the policy says, however its file is written'),
  decision: z.enum(['release', 'hold', 'inconclusive']),
  because: z.string(),
  rules: z.array(RuleResultSchema),
  waivers: z.array(
    z.object({ id: z.string(), state: z.enum(['used', 'unused', 'expired']), cells: z.array(z.string()) }),
  ),
})
export type Gate = z.output<typeof GateSchema>
export type RuleResult = z.output<typeof RuleResultSchema>

export const EvidenceRecordSchema = z.object({
  id: z.string().describe('sha256 of the file'),
  cell: z.string(),
  arm: ArmSchema,
  attempt: z.int(),
  /** `serial.log`, `screen-panic.png`; chosen by us, never by a guest. */
  name: z.string(),
  mediaType: z.string(),
  bytes: z.int(),
  /** Relative to the run folder. */
  path: z.string(),
  phase: z.string(),
  /** True when the file was cut to the size budget. */
  cut: z.boolean(),
})
export type EvidenceRecord = z.output<typeof EvidenceRecordSchema>

/** An attempt without the candidate. It is told once, however many cells it stands for; verdicts refer to it by its id. */
export const ControlAttemptSchema = AttemptSummarySchema.extend({
  id: z.string().describe('<cell>/control-<attempt>'),
  /** The cell for which it was made. */
  cell: z.string(),
})
export type ControlAttempt = z.output<typeof ControlAttemptSchema>
/** What an earlier run of the same matrix says of the failures of this one. */
export const EarlierRunSchema = z.object({
  run: z.string(),
  candidate: z.string(),
  release: z.string(),
  /** Signatures that both runs have, and those that only the earlier one has. */
  known: z.array(z.string()),
  gone: z.array(z.string()),
})

export const ReportSchema = z.object({
  schema: z.literal('ringzero/report/1'),
  tool: z.object({ name: z.literal('ringzero'), version: z.string() }),
  run: z.object({
    id: z.string(),
    plan: z.string(),
    seed: z.int(),
    startedAt: z.number(),
    endedAt: z.number().optional(),
    state: z.enum(['running', 'interrupted', 'complete']),
    /** A simulated run can never release anything. */
    simulated: z.boolean(),
    sessions: z.int(),
    /** Only of a shard: a part of the plan, which releases nothing before all are merged. */
    shard: ShardSchema.optional(),
  }),
  /** Only of a merged run: who ran what. */
  shards: z
    .array(
      z.object({
        name: z.string().describe('as 3/8'),
        run: z.string(),
        runners: z.array(z.string()),
        cells: z.array(z.string()),
        journalSha256: z.string().describe('of its own journal, which lies under shards/ as it was written'),
      }),
    )
    .optional(),
  matrix: z.object({
    id: z.string(),
    title: z.string(),
    axes: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        values: z.array(
          z.object({
            id: z.string(),
            title: z.string(),
            /** How people read the value, where the id is only a key. */
            spelling: z.string().optional(),
            weight: z.number(),
          }),
        ),
      }),
    ),
  }),
  candidate: z.object({
    id: z.string(),
    title: z.string(),
    release: z.string(),
    kind: z.string(),
    sha256: z.string(),
    files: z.array(z.object({ path: z.string(), sha256: z.string() })),
  }),
  stages: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      state: z.enum([...STAGE_ENDS, 'not-started']),
      cells: z.array(z.string()),
    }),
  ),
  cells: z.array(z.object({ planned: PlannedCellSchema, verdict: VerdictSchema })),
  /** Every attempt that a verdict's `control.attempts` names, and those that no verdict used. */
  controls: z.array(ControlAttemptSchema),
  counts: z.object({
    pass: z.int(),
    warn: z.int(),
    fail: z.int(),
    inconclusive: z.int(),
    'not-run': z.int(),
  }),
  suspects: z.array(SuspectSchema),
  coverage: z.object({
    planned: z.array(CoverageAtSchema),
    /** Seen on cells that have a verdict. */
    judged: z.array(CoverageAtSchema),
    fleetShare: z.number(),
    /** Every two axes: how many pairs of their values can be, and how many of these were seen on a cell with a verdict. */
    pairs: z.array(z.object({ axes: z.array(z.string()), feasible: z.int(), covered: z.int() })).optional(),
    /** The strength that the plan promised: the gate looks at `judged` of this strength. */
    strength: z.int().optional(),
    /** What this run cannot have shown, in sentences: untested combinations, and what no VM can show. */
    gaps: z.array(z.string()),
  }),
  hosts: z.array(
    z.object({
      name: z.string(),
      provider: z.string(),
      facts: z.record(z.string(), z.json()),
      faults: z.int(),
    }),
  ),
  evidence: z.array(EvidenceRecordSchema),
  /** Only where the run was compared with an earlier one. */
  earlier: EarlierRunSchema.optional(),
  /** Only where the run was compared with an earlier one: what of the gate is another since then. */
  gateLedger: GateLedgerSchema.optional(),
  /** The newest drill of this gate on this lab before the run; absent where there was none. */
  drill: DrillStandingSchema.optional(),
  /** What the candidate and each product put into the kernel, start and cost. */
  health: ReportHealthSchema.optional(),
  notes: z.array(z.string()),
})
export type Report = z.output<typeof ReportSchema>
