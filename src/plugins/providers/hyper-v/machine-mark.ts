/** A file in a machine's folder, written before its VM: what a half-made VM is known by, and what a later process must know of it. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { writeFileAtomic } from '../../../kit/files.ts'
import type { MachineRef } from '../../../model/machine-ref.ts'
import { machineFiles, machineNotes, readNotes } from './machine-plan.ts'

const AboutMachineSchema = z.object({
  tpm: z.boolean(),
  windows: z.boolean(),
  generation: z.literal([1, 2]),
  /** The secret's name, never the secret. */
  credentials: z.object({ user: z.string(), secret: z.string() }).optional(),
})
export type AboutMachine = z.output<typeof AboutMachineSchema>
const MarkSchema = z.object({ notes: z.string(), about: AboutMachineSchema })

export async function writeMark(ref: MachineRef, folder: string, about: AboutMachine): Promise<void> {
  const mark = { notes: machineNotes(ref, folder), about }
  await writeFileAtomic(machineFiles(folder).mark, JSON.stringify(mark))
}

/** undefined when the folder has none that can be read. */
export async function readMark(
  folder: string,
): Promise<{ readonly notes: ReturnType<typeof readNotes>; readonly about: AboutMachine } | undefined> {
  try {
    const { notes, about } = MarkSchema.parse(JSON.parse(await readFile(machineFiles(folder).mark, 'utf8')))
    return { notes: readNotes(notes), about }
  } catch {
    return undefined
  }
}
