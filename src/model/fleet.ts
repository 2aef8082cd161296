/** What coordinator and workers tell each other through the database. Either side may be hostile to the other: all of it is bounded. */
import { z } from 'zod'
import { CandidateSchema } from './candidate.ts'
import { NameSchema, Sha256Schema } from './ids.ts'
import { MatrixSchema } from './matrix.ts'
import { ArmSchema } from './phase.ts'
import { PlannedCellSchema, PlanSchema } from './plan.ts'

/** One host of a worker's lab, as the worker says. */
export const WorkerHostSchema = z.object({
  name: NameSchema,
  provider: NameSchema,
  vcpus: z.int().min(1).max(4096),
  memoryMiB: z.int().min(1).max(1_000_000_000),
  machines: z.int().min(1).max(1024),
  simulated: z.boolean(),
  /** What its provider found; for the report. */
  facts: z.record(z.string().max(100), z.json()),
  /** Why nothing can start on it; absent: it can be used. */
  because: z.string().max(1000).optional(),
})
export type WorkerHost = z.output<typeof WorkerHostSchema>

export const WorkerHostsSchema = z.array(WorkerHostSchema).max(1000)

/** Why each host of a worker cannot carry cells of one sort; a host that is not named has an empty list. */
export const FitnessSchema = z.object({
  reasons: z.record(NameSchema, z.array(z.string().max(1000)).max(50)),
  /** Content of the image as it is built there; absent: none is built, or none is needed. */
  imageSha256: Sha256Schema.optional(),
})
export type Fitness = z.output<typeof FitnessSchema>

/** What a worker must know of a run to make its machines: the plan without its cells, and which bits are tested. */
export const RunDocumentSchema = z.object({
  plan: PlanSchema,
  matrix: MatrixSchema,
  matrixSha256: Sha256Schema,
  candidate: CandidateSchema,
  candidateSha256: Sha256Schema,
  /** Of candidate.yaml as it was written: the worker reads it again. */
  candidateYamlSha256: Sha256Schema,
  toolVersion: z.string().max(100),
})
export type RunDocument = z.output<typeof RunDocumentSchema>

/** One attempt that a host is to make. */
export const OrderSchema = z.object({
  run: NameSchema,
  cell: PlannedCellSchema,
  arm: ArmSchema,
  attempt: z.int().min(1).max(1_000_000),
  slot: z.int().min(0).max(1024),
})
export type Order = z.output<typeof OrderSchema>

/** What a coordinator says of its run, for those who look at the fleet. */
export const RunProgressSchema = z.object({
  /** Attempts that wait for a place. */
  waiting: z.int(),
  /** Why cells cannot start anywhere now, with how many they are. */
  reasons: z.array(z.object({ because: z.string().max(2000), cells: z.int() })).max(20),
  /** Milliseconds since 1970, by what the finished attempts took. */
  expectedEnd: z.number().optional(),
})
export type RunProgress = z.output<typeof RunProgressSchema>
