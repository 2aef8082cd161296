/** Reads one of the house's YAML files: all its problems at once, each with file, line, column, field and the fix. */
import { readFile, stat } from 'node:fs/promises'
import type { z } from 'zod'
import { sha256 } from '../kit/hash.ts'
import { parseYaml, type YamlDocument } from '../kit/yaml-document.ts'
import { AppError, type Problem, type Where } from '../model/errors.ts'
import { decodeInput } from './decode-input.ts'
import { describeIssues } from './describe-issues.ts'

export interface LoadedYaml<T> {
  readonly value: T
  /** Position of a path inside the file, for later problems. */
  where(path: readonly PropertyKey[]): Where
  /** Position inside the text of the scalar at this path (line and column from 1). */
  whereInside(path: readonly PropertyKey[], line: number, column: number): Where
  /** How the scalar at this path is written in the file. */
  spelling(path: readonly PropertyKey[]): string | undefined
  /** sha256 of the file's bytes. */
  readonly sha256: string
}

/** A file larger than this is a mistake, not a configuration. */
const MAXIMUM_BYTES = 16 * 1024 * 1024

/**
 * Loads and validates a YAML file.
 * @param what names the sort of file in errors, as "matrix"
 * @throws AppError INPUT_MISSING or INPUT_INVALID, fault user, with every problem of the file
 */
export async function loadYaml<S extends z.ZodType>(
  path: string,
  schema: S,
  what: string,
): Promise<LoadedYaml<z.output<S>>> {
  const text = await readInput(path, what)
  const document = parseYaml(text)
  const where = (steps: readonly PropertyKey[], key = false): Where => ({
    file: path,
    ...document.locate(steps, { key }),
    ...(steps.length === 0 ? {} : { field: formatPath(steps) }),
  })
  if (document.errors.length > 0) {
    throw invalidInput(
      path,
      what,
      document.errors.map((error) => ({
        message: `not valid YAML: ${error.message}`,
        hint: 'check indentation, quotes and colons on this line',
        where: { file: path, ...error.position },
      })),
    )
  }
  const parsed = schema.safeParse(document.value)
  if (!parsed.success) {
    const problems = describeIssues(schema, parsed.error.issues, document.value).map((issue): Problem => ({
      message: issue.message,
      ...(issue.hint === undefined ? {} : { hint: issue.hint }),
      where: where(issue.path, issue.atKey),
    }))
    throw invalidInput(path, what, sortByPosition(problems))
  }
  return {
    value: parsed.data,
    where: (steps) => where(steps),
    whereInside: (steps, line, column) => ({
      ...where(steps),
      ...insidePosition(document, steps, line, column),
    }),
    spelling: (steps) => document.spelling(steps),
    sha256: sha256(text),
  }
}

/** One error for all problems of one input file; a single problem is told as the error itself. */
export function invalidInput(path: string, what: string, problems: readonly Problem[]): AppError {
  const first = problems[0]
  const count = problems.length
  const message = count === 1 ? `the ${what} has a problem` : `the ${what} has ${count} problems`
  return new AppError('INPUT_INVALID', 'user', message, { where: first?.where ?? { file: path }, problems })
}

/** `axes.build.values[2].weight` of a path. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`,
    )
    .join('')
}

function insidePosition(
  document: YamlDocument,
  path: readonly PropertyKey[],
  line: number,
  column: number,
): { line: number; column: number } {
  return document.locateInside(path, line, column)
}

async function readInput(path: string, what: string): Promise<string> {
  try {
    const found = await stat(path)
    if (found.isDirectory()) {
      throw new AppError('INPUT_MISSING', 'user', `the ${what} is a folder, not a file`, {
        where: { file: path },
        hint: 'name the YAML file itself',
      })
    }
    if (found.size > MAXIMUM_BYTES) {
      throw new AppError('INPUT_INVALID', 'user', `the ${what} is larger than 16 MiB`, {
        where: { file: path },
        hint: 'name another file: this one cannot be a configuration',
      })
    }
    return decodeInput(path, what, await readFile(path))
  } catch (error) {
    if (error instanceof AppError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    const message = code === 'ENOENT' ? `there is no such ${what}` : `the ${what} cannot be read (${code})`
    throw new AppError('INPUT_MISSING', 'user', message, {
      where: { file: path },
      hint: 'check the path; it is read relative to the current folder',
      cause: error,
    })
  }
}

/** In the order of the file. */
export function sortByPosition(problems: readonly Problem[]): Problem[] {
  return problems.toSorted(
    (a, b) => (a.where?.line ?? 0) - (b.where?.line ?? 0) || (a.where?.column ?? 0) - (b.where?.column ?? 0),
  )
}
