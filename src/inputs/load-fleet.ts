/** Reads a fleet: a CSV file with one machine a line and one column an axis. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parse } from 'csv-parse/sync'
import { AppError } from '../model/errors.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import { decodeInput } from './decode-input.ts'
import { invalidInput } from './load-yaml.ts'

/** Columns that are no axes are ignored; values may be ids or aliases. */
export async function loadFleet(path: string, matrix: Matrix): Promise<readonly Configuration[]> {
  const file = resolve(path)
  const rows = await readFleetRows(path, matrix)
  const axes = Object.keys(matrix.axes)
  const missing = axes.filter((axis) => !(axis in (rows[0] ?? {})))
  if (missing.length > 0) {
    throw invalidInput(file, 'fleet', [
      {
        message: `no column is called ${missing.join(', ')}`,
        hint: `the first line names the axes: ${axes.join(',')}`,
        where: { file, line: 1 },
      },
    ])
  }
  const names = new Map(axes.map((axis) => [axis, valueNames(matrix, axis)]))
  return rows.map((row) =>
    Object.fromEntries(axes.map((axis) => [axis, names.get(axis)?.get(row[axis] ?? '') ?? row[axis] ?? ''])),
  )
}

/** The lines of a fleet file, at least one, with the columns' names as keys. @throws AppError INPUT_MISSING, INPUT_INVALID (user) */
export async function readFleetRows(
  path: string,
  matrix: Matrix,
): Promise<readonly Readonly<Record<string, string>>[]> {
  const file = resolve(path)
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new AppError('INPUT_MISSING', 'user', 'the fleet file cannot be read', {
      where: { file },
      hint: 'check the path',
      cause: error,
    })
  })
  const rows = parseRows(decodeInput(file, 'fleet', bytes), file)
  if (rows.length === 0)
    throw invalidInput(file, 'fleet', [
      {
        message: 'there is no machine in it',
        hint: `one machine a line below a first line that names the axes: ${Object.keys(matrix.axes).join(',')}`,
        where: { file },
      },
    ])
  return rows
}

function parseRows(text: string, file: string): Record<string, string>[] {
  try {
    return parse(text, { columns: true, bom: true, trim: true, skip_empty_lines: true })
  } catch (error) {
    const line = (error as { readonly lines?: number }).lines
    const where = line === undefined ? { file } : { file, line }
    throw invalidInput(file, 'fleet', [
      {
        message: `not valid CSV: ${(error as Error).message}`,
        hint: 'write one machine a line, comma-separated, quotes around values with commas',
        where,
      },
    ])
  }
}

/** Each name that a value goes by → its id. */
export function valueNames(matrix: Matrix, axis: string): ReadonlyMap<string, string> {
  const values = matrix.axes[axis]?.values ?? []
  return new Map(
    values.flatMap((value) =>
      [value.id, value.title, ...(value.aliases ?? [])].flatMap((name) =>
        name === undefined ? [] : [[name, value.id] as const],
      ),
    ),
  )
}
