/** What an earlier run has already shown: the configurations that passed in it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../model/errors.ts'
import type { Configuration } from '../model/matrix.ts'
import { ReportSchema } from '../model/report.ts'

/** Configurations with outcome pass in a run folder's report. @throws AppError RUN_UNREADABLE (user) */
export async function passedConfigurations(runFolder: string): Promise<readonly Configuration[]> {
  const path = join(runFolder, 'report', 'report.json')
  try {
    const report = ReportSchema.parse(JSON.parse(await readFile(path, 'utf8')))
    return report.cells
      .filter(({ verdict }) => verdict.outcome === 'pass')
      .map(({ planned }) => planned.configuration)
  } catch (error) {
    throw new AppError('RUN_UNREADABLE', 'user', `${path} is no report of a run`, {
      where: { file: path },
      hint: `write it first: ringzero report ${runFolder} --format json`,
      cause: error,
    })
  }
}
