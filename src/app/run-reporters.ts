/** Who writes the reports of a run that is read again: the reporters that ship and those of its lab's plugins. */
import { isAbsolute, relative, resolve } from 'node:path'
import { loadLab } from '../inputs/load-lab.ts'
import { loadPlugins } from '../inputs/plugins/load-plugins.ts'
import { nearestWord } from '../kit/nearest-word.ts'
import { AppError, asAppError } from '../model/errors.ts'
import { builtIn } from '../plugins/built-in.ts'
import { readRunInputs } from '../record/run-inputs.ts'
import type { Reporter } from '../sdk/reporter.ts'

export interface RunReportersRequest {
  readonly runFolder: string
  /** The lab whose plugins are used; absent: the lab that the run was made with, as long as it can be read. */
  readonly lab: string | undefined
  /** Names of reporters; empty: all. */
  readonly formats: readonly string[]
}

/**
 * @param warn is told when the run's own lab is left out: a run can be judged without it, in a year or on another computer
 * @throws AppError RUN_UNREADABLE, USAGE for a format that no reporter writes; for a lab that was given also what loading it throws
 */
export async function runReporters(
  { runFolder, lab, formats }: RunReportersRequest,
  warn: (message: string) => void,
): Promise<readonly Reporter[]> {
  const reporters = lab === undefined ? await ofRun(runFolder, warn) : await ofLab(lab)
  const names = reporters.map(({ name }) => name)
  const unknown = formats.find((format) => !names.includes(format))
  if (unknown !== undefined) {
    const near = nearestWord(unknown, names)
    throw new AppError('USAGE', 'user', `no reporter is called "${unknown}"`, {
      hint: near === undefined ? `use one of: ${names.join(', ')}` : `did you mean "${near}"?`,
    })
  }
  return reporters.filter(({ name }) => formats.length === 0 || formats.includes(name))
}

async function ofLab(file: string): Promise<readonly Reporter[]> {
  return (await loadPlugins(await loadLab(file), builtIn)).reporters
}

async function ofRun(runFolder: string, warn: (message: string) => void): Promise<readonly Reporter[]> {
  const { lab } = (await readRunInputs(runFolder)).files
  try {
    // Plugins are programs: a run folder that somebody sent must not bring its own.
    if (isInside(lab, runFolder))
      throw new AppError('LAB_INSIDE_RUN', 'user', 'it lies in the folder of the run', {
        hint: 'give it with --lab if its plugins may run',
      })
    return await ofLab(lab)
  } catch (error) {
    const { message } = asAppError(error)
    warn(`the lab of this run is left out, with the reporters of its plugins: ${message} (${lab})`)
    return builtIn.reporters ?? []
  }
}

function isInside(file: string, folder: string): boolean {
  const way = relative(resolve(folder), resolve(file))
  return way !== '' && !way.startsWith('..') && !isAbsolute(way)
}
