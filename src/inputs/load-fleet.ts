/** Reads a fleet, and what the machines of a ring reported: CSV files with one machine a line and one column an axis. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parse } from 'csv-parse/sync'
import { AppError, type Problem } from '../model/errors.ts'
import type { Configuration, Matrix } from '../model/matrix.ts'
import type { ObservedMachine } from '../model/rings.ts'
import { decodeInput } from './decode-input.ts'
import { invalidInput } from './load-yaml.ts'

/** One line of a CSV file with the line, from 1, on which it ends. */
interface Row {
  readonly record: Readonly<Record<string, string>>
  readonly line: number
}

/**
 * One configuration for each machine. Columns that are no axes are ignored; values may be ids or aliases.
 * @throws AppError INPUT_MISSING, INPUT_INVALID (user)
 */
export async function loadFleet(path: string, matrix: Matrix): Promise<readonly Configuration[]> {
  const file = resolve(path)
  const rows = await loadRows(file, 'fleet', Object.keys(matrix.axes))
  const configure = configurationReader(matrix)
  return rows.map(({ record }) => configure(record))
}

/** Words for a machine that failed, and for a machine that did not. */
const FAILED_WORDS: Readonly<Record<string, boolean>> = {
  yes: true,
  true: true,
  '1': true,
  no: false,
  false: false,
  '0': false,
}

/**
 * What the machines of one ring reported: the columns of the fleet, `failed` (yes or no) and `hours` (since the machine has the update).
 * A machine that did not report has no line.
 * @throws AppError INPUT_MISSING, INPUT_INVALID (user) with all wrong lines
 */
export async function loadObserved(path: string, matrix: Matrix): Promise<readonly ObservedMachine[]> {
  const file = resolve(path)
  const rows = await loadRows(file, 'ring report', [...Object.keys(matrix.axes), 'failed', 'hours'])
  const configure = configurationReader(matrix)
  const problems: Problem[] = []
  const machines = rows.map(({ record, line }): ObservedMachine => {
    const word = record['failed'] ?? ''
    const failed = Object.entries(FAILED_WORDS).find(([known]) => known === word.toLowerCase())?.[1]
    if (failed === undefined)
      problems.push({
        message: `"${word}" does not say whether the machine failed`,
        hint: 'write yes or no',
        where: { file, line, field: 'failed' },
      })
    const text = record['hours'] ?? ''
    const hours = Number(text)
    const isTime = text !== '' && Number.isFinite(hours) && hours >= 0
    if (!isTime)
      problems.push({
        message: `"${text}" is no number of hours`,
        hint: 'write the hours since this machine has the update, as 24 or 36.5',
        where: { file, line, field: 'hours' },
      })
    return { configuration: configure(record), failed: failed ?? true, hours: isTime ? hours : 0 }
  })
  if (problems.length > 0) throw invalidInput(file, 'ring report', problems)
  return machines
}

/** The lines of a fleet file, at least one, with the columns' names as keys. @throws AppError INPUT_MISSING, INPUT_INVALID (user) */
export async function readFleetRows(
  path: string,
  matrix: Matrix,
): Promise<readonly Readonly<Record<string, string>>[]> {
  const rows = await readRows(resolve(path), 'fleet', Object.keys(matrix.axes))
  return rows.map(({ record }) => record)
}

/** At least one row, and all of these columns. */
async function loadRows(file: string, what: string, columns: readonly string[]): Promise<readonly Row[]> {
  const rows = await readRows(file, what, columns)
  const missing = columns.filter((column) => !Object.hasOwn(rows[0]?.record ?? {}, column))
  if (missing.length > 0)
    throw invalidInput(file, what, [
      {
        message: `no column is called ${missing.join(', ')}`,
        hint: `the first line names the columns: ${columns.join(',')}`,
        where: { file, line: 1 },
      },
    ])
  return rows
}

/** At least one row; `columns` are what the file should have. */
async function readRows(file: string, what: string, columns: readonly string[]): Promise<readonly Row[]> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new AppError('INPUT_MISSING', 'user', `the ${what} file cannot be read`, {
      where: { file },
      hint: 'check the path',
      cause: error,
    })
  })
  const rows = parseRows(decodeInput(file, what, bytes), file, what)
  if (rows.length === 0)
    throw invalidInput(file, what, [
      {
        message: 'there is no machine in it',
        hint: `one machine a line below a first line that names the columns: ${columns.join(',')}`,
        where: { file },
      },
    ])
  return rows
}

function parseRows(text: string, file: string, what: string): Row[] {
  try {
    const parsed = parse(text, { columns: true, bom: true, trim: true, skip_empty_lines: true, info: true })
    return (parsed as unknown as readonly ParsedRow[]).map(({ record, info }) => ({
      record,
      line: info.lines,
    }))
  } catch (error) {
    const line = (error as { readonly lines?: number }).lines
    const where = line === undefined ? { file } : { file, line }
    throw invalidInput(file, what, [
      {
        message: `not valid CSV: ${(error as Error).message}`,
        hint: 'write one machine a line, comma-separated, quotes around values with commas',
        where,
      },
    ])
  }
}

/** What csv-parse gives with the option `info`. */
interface ParsedRow {
  readonly record: Record<string, string>
  readonly info: { readonly lines: number }
}

/** From the columns of a line to the ids of its values; a value that the matrix does not know stays as it is written. */
function configurationReader(matrix: Matrix): (record: Row['record']) => Configuration {
  const axes = Object.keys(matrix.axes)
  const names = new Map(axes.map((axis) => [axis, valueNames(matrix, axis)]))
  return (record) =>
    Object.fromEntries(
      axes.map((axis) => [axis, names.get(axis)?.get(record[axis] ?? '') ?? record[axis] ?? '']),
    )
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
