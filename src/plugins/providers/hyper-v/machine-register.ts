/**
 * Files in the host's state folder, one a machine: written before anything of the machine is made and removed after everything
 * of it is gone. What a kill left half made is found by them, and what a later process must know of a machine.
 */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ImageManifestSchema } from '../../../model/image.ts'
import { writeFileAtomic } from '../../../kit/files.ts'
import { sha256 } from '../../../kit/hash.ts'
import type { MachineRef } from '../../../model/machine-ref.ts'
import { machineNotes, readNotes } from './machine-plan.ts'

const AboutMachineSchema = z.object({
  tpm: z.boolean(),
  windows: z.boolean(),
  generation: z.literal([1, 2]),
  /** The secret's name, never the secret. */
  credentials: ImageManifestSchema.shape.credentials,
})
export type AboutMachine = z.output<typeof AboutMachineSchema>
const EntrySchema = z.object({ notes: z.string(), about: AboutMachineSchema })

export interface AnnouncedMachine {
  readonly ref: MachineRef
  readonly folder: string
  readonly about: AboutMachine
}

export class MachineRegister {
  readonly #folder: string

  /** `stateFolder`: the host's own folder for facts that outlive a run. */
  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'machines')
  }

  async announce({ ref, folder, about }: AnnouncedMachine): Promise<void> {
    await writeFileAtomic(this.#entry(ref.name), JSON.stringify({ notes: machineNotes(ref, folder), about }))
  }

  async release(name: string): Promise<void> {
    await rm(this.#entry(name), { force: true })
  }

  /** All announced machines, made or not. A file that cannot be read is passed over. */
  async announced(): Promise<readonly AnnouncedMachine[]> {
    const files = (await readdir(this.#folder).catch(() => [])).filter((file) => file.endsWith('.json'))
    const entries = await Promise.all(files.map((file) => readEntry(join(this.#folder, file))))
    return entries.filter((entry) => entry !== undefined)
  }

  #entry(name: string): string {
    return join(this.#folder, `${sha256(name).slice(0, 32)}.json`)
  }
}

async function readEntry(path: string): Promise<AnnouncedMachine | undefined> {
  try {
    const { notes, about } = EntrySchema.parse(JSON.parse(await readFile(path, 'utf8')))
    const known = readNotes(notes)
    return known === undefined ? undefined : { ...known, about }
  } catch {
    return undefined
  }
}
