/** Which steps of a Windows image are done, so that a build that was cut off goes on where it can. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../../../kit/files.ts'

const StepSchema = z.enum(['applied', 'settings', 'started', 'finished'])
export type BuildStep = z.output<typeof StepSchema>

const JournalSchema = z.object({
  schema: z.literal('ringzero/windows-build/1'),
  done: z.partialRecord(StepSchema, z.unknown()),
})

export interface BuildJournal {
  has(step: BuildStep): boolean
  answer(step: BuildStep): unknown
  /** On the disk when it resolves. */
  record(step: BuildStep, answer?: unknown): Promise<void>
  /** Forgets everything: the disk has to be made anew. */
  restart(): Promise<void>
}

/** The journal of a working folder; a journal that cannot be read counts as empty. */
export async function openBuildJournal(folder: string): Promise<BuildJournal> {
  const path = join(folder, 'build.json')
  let done = new Map<BuildStep, unknown>(Object.entries(await readDone(path)) as [BuildStep, unknown][])
  const write = (): Promise<void> =>
    writeFileAtomic(
      path,
      `${JSON.stringify({ schema: 'ringzero/windows-build/1', done: Object.fromEntries(done) }, undefined, 2)}\n`,
    )
  return {
    has: (step) => done.has(step),
    answer: (step) => done.get(step),
    async record(step, answer = null) {
      done.set(step, answer)
      await write()
    },
    async restart() {
      done = new Map()
      await write()
    },
  }
}

async function readDone(path: string): Promise<Partial<Record<BuildStep, unknown>>> {
  try {
    const parsed = JournalSchema.safeParse(JSON.parse(await readFile(path, 'utf8')))
    return parsed.success ? parsed.data.done : {}
  } catch {
    return {}
  }
}
