/** Reads a PICT model as a matrix, so that a team moves over without writing its model again. */
import { readFile } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { sha256 } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import type { Matrix } from '../model/matrix.ts'
import { decodeInput } from './decode-input.ts'
import type { LoadedMatrix } from './load-matrix.ts'
import { invalidInput } from './load-yaml.ts'

/** A place in the model's text where something is wrong; line and column from 1. */
interface ModelProblem {
  readonly message: string
  readonly hint?: string
  readonly line: number
  readonly column: number
}

/** Reads the text of a model under the id that its matrix gets; the planner's. */
export type PictReader = (
  text: string,
  id: string,
) => {
  readonly matrix?: Matrix
  readonly problems: readonly ModelProblem[]
  readonly warnings: readonly ModelProblem[]
}

/** The matrix that the model describes. @throws AppError INPUT_MISSING or INPUT_INVALID (user) with the lines of the file */
export async function loadPictModel(path: string, readModel: PictReader): Promise<LoadedMatrix> {
  const file = resolve(path)
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new AppError('INPUT_MISSING', 'user', 'the PICT model cannot be read', {
      where: { file },
      hint: 'check the path',
      cause: error,
    })
  })
  const text = decodeInput(file, 'PICT model', bytes)
  const id =
    basename(file, extname(file))
      .replace(/[^A-Za-z0-9._-]/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '') || 'model'
  const { matrix, problems, warnings } = readModel(text, id.slice(0, 64))
  if (matrix !== undefined)
    return {
      matrix,
      file,
      sha256: sha256(text),
      warnings: warnings.map(({ message, line }) => `${basename(file)}:${line}: ${message}`),
    }
  throw invalidInput(
    file,
    'PICT model',
    problems.map(({ message, hint, line, column }) => ({
      message,
      ...(hint === undefined ? {} : { hint }),
      where: { file, line, column },
    })),
  )
}
