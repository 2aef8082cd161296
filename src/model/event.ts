/** The lines of journal.jsonl: every member is written before the effect that it announces. */
import { z } from 'zod'
import { FAULTS } from './errors.ts'
import { MachineRefSchema } from './machine-ref.ts'
import { FactSchema, ObservationSchema } from './observation.ts'
import { ArmSchema, PhaseEndSchema, PhaseSchema } from './phase.ts'
import { PlannedCellSchema } from './plan.ts'
import { EvidenceRecordSchema } from './report.ts'
import { ShardSchema } from './shard.ts'
import { StageEndSchema } from './stage-end.ts'

/** A fault as the journal has it. */
const FaultSchema = z.object({
  code: z.string(),
  fault: z.enum(FAULTS),
  message: z.string(),
  hint: z.string().optional(),
})
export type RunFault = z.output<typeof FaultSchema>

/** Which try of which cell. */
const attempt = { cell: z.string(), arm: ArmSchema, attempt: z.int() }

/** Why an attempt ended. Only `completed` counts as evidence; the others are tried again or stay open. */
export const AttemptEndSchema = z.enum([
  'completed',
  'host-fault',
  'plugin-fault',
  'tool-fault',
  'interrupted',
  'stopped',
])
export type AttemptEnd = z.output<typeof AttemptEndSchema>

const member = <S extends z.ZodRawShape, T extends string>(type: T, shape: S) =>
  z.object({ type: z.literal(type), at: z.number(), ...shape })

export const RunEventSchema = z.discriminatedUnion('type', [
  member('run-opened', {
    run: z.string(),
    plan: z.string(),
    toolVersion: z.string(),
    seed: z.int(),
    simulated: z.boolean(),
    journalVersion: z.literal(1),
    /** The run is one shard of the plan: it decides nothing alone. */
    shard: ShardSchema.optional(),
  }),
  /** In the journal of a merged run, before what the shard saw: where that comes from. */
  member('shard-merged', {
    shard: ShardSchema,
    /** Id of the shard's own run. */
    run: z.string(),
    /** Who worked on it, one name for each of its sessions' computers. */
    runners: z.array(z.string()),
    /** Cells that it was to run. */
    cells: z.array(z.string()),
    /** Of its own journal, which the merged folder keeps as it was written. */
    journalSha256: z.string(),
  }),
  /** One process that works on the run; a resume opens the next. `host` is the runner, as CI names it, or the computer. */
  member('session-opened', { session: z.int(), pid: z.int(), host: z.string() }),
  member('host-inspected', { host: z.string(), provider: z.string(), facts: z.record(z.string(), z.json()) }),
  member('stage-opened', { stage: z.string(), cells: z.array(z.string()) }),
  member('stage-closed', { stage: z.string(), state: StageEndSchema }),
  /**
   * The control arm's evidence is taken from earlier attempts with the same key. Those of this run are named in `attempts`;
   * those of an earlier run follow as this cell's own.
   */
  member('control-reused', {
    cell: z.string(),
    controlKey: z.string(),
    /** `<run>/<cell>` where it was measured. */
    source: z.string(),
    /** Ids of attempts of this run: `<cell>/control-<attempt>`. */
    attempts: z.array(z.string()).optional(),
    /** Content of the image that its machine started from. */
    imageSha256: z.string().optional(),
  }),
  member('attempt-opened', { ...attempt, host: z.string(), slot: z.int() }),
  member('machine-announced', {
    ...attempt,
    ref: MachineRefSchema,
    /** Content of the image that it starts from. */
    imageSha256: z.string().optional(),
  }),
  member('machine-created', { ...attempt, ref: MachineRefSchema }),
  member('machine-destroyed', { ...attempt, name: z.string() }),
  member('machine-kept', { ...attempt, name: z.string() }),
  member('phase-opened', { ...attempt, phase: PhaseSchema, deadline: z.number() }),
  member('phase-closed', {
    ...attempt,
    phase: PhaseSchema,
    end: PhaseEndSchema,
  }),
  /** One look of a check that came to its end, with all that it saw: observations of this time, phase and source, without evidence. */
  member('check-ran', {
    ...attempt,
    phase: PhaseSchema,
    check: z.string(),
    facts: z.array(FactSchema).optional(),
  }),
  /** Seen outside of a check. */
  member('observed', { ...attempt, observation: ObservationSchema }),
  member('evidence-saved', { ...attempt, evidence: EvidenceRecordSchema }),
  member('fault', { ...attempt, phase: PhaseSchema, fault: FaultSchema }),
  member('attempt-closed', { ...attempt, end: AttemptEndSchema }),
  /** Further cells to tell suspects apart, planned while running. */
  member('cells-added', { cells: z.array(PlannedCellSchema), because: z.string() }),
  /** One more repeat of both arms, since what was measured leaves the answer open; `repeats`: of all that were ordered for the cell. */
  member('repeats-ordered', { cell: z.string(), repeats: z.int(), because: z.string() }),
  member('host-drained', { host: z.string(), because: z.string() }),
  /** It was drained, was started anew, and an attempt on it came through. */
  member('host-returned', { host: z.string() }),
  member('run-interrupted', { because: z.string() }),
  member('run-closed', {}),
])
export type RunEvent = z.output<typeof RunEventSchema>
