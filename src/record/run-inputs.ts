/** What judging needs of the inputs, kept in the run folder: the matrix with its constraints, and which bits were tested. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { writeFileAtomic } from '../kit/files.ts'
import { CandidateSchema } from '../model/candidate.ts'
import { AppError } from '../model/errors.ts'
import { MatrixSchema } from '../model/matrix.ts'
import { runFolderPaths } from './run-folder.ts'

const RunInputsSchema = z.object({
  schema: z.literal('ringzero/inputs/1'),
  matrix: MatrixSchema,
  candidate: CandidateSchema,
  candidateSha256: z.string(),
  /** Where the files of the run came from, for `resume`: absolute paths. */
  files: z.object({ matrix: z.string(), lab: z.string(), candidate: z.string() }),
})
export type RunInputs = z.output<typeof RunInputsSchema>

/** Writes inputs.json, whole. */
export async function writeRunInputs(runFolder: string, inputs: Omit<RunInputs, 'schema'>): Promise<void> {
  const document = { schema: 'ringzero/inputs/1', ...inputs }
  await writeFileAtomic(runFolderPaths(runFolder).inputs, `${JSON.stringify(document, undefined, 2)}\n`)
}

/** Reads it back. @throws AppError RUN_UNREADABLE (user) */
export async function readRunInputs(runFolder: string): Promise<RunInputs> {
  const path = runFolderPaths(runFolder).inputs
  try {
    return RunInputsSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw new AppError('RUN_UNREADABLE', 'user', `${path} does not hold the inputs of a run`, {
      where: { file: path },
      hint: 'give the folder of a run, as runs/20261122T195200Z-4f1c',
      cause: error,
    })
  }
}
