/** The name of one machine, written to the journal before the machine exists, so that a kill leaks nothing unnamed. */
import { z } from 'zod'
import { ArmSchema } from './phase.ts'

export const MachineRefSchema = z.object({
  provider: z.string(),
  host: z.string(),
  run: z.string(),
  cell: z.string(),
  arm: ArmSchema,
  attempt: z.int(),
  /** Unique on its host: `rz-<run>-<cell>-<arm>-<attempt>` or shorter; also a VM's name. */
  name: z.string(),
  /** What the provider needs to find it again: folder, pid and its start time, VM id. Filled in as it becomes known. */
  details: z.record(z.string(), z.json()),
})
export type MachineRef = z.output<typeof MachineRefSchema>
