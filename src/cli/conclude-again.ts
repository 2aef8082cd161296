/** Judges a run of any day again and writes its reports: what `judge` and `report` share. */
import { concludeRun, type ConcludedRun } from '../app/conclude-run.ts'
import { runReporters } from '../app/run-reporters.ts'
import { interruption } from './interruption.ts'
import { printLine } from './terminal.ts'

export interface ConcludeAgainOptions {
  readonly policy?: string | undefined
  readonly lab?: string | undefined
  /** Folder of an earlier run that failures are compared with. */
  readonly against?: string | undefined
  /** Names of reporters; empty: all. */
  readonly formats: readonly string[]
}

/** @throws AppError RUN_UNREADABLE, INPUT_INVALID, USAGE (user), JOURNAL_DAMAGED, PLUGIN_* */
export async function concludeAgain(
  runFolder: string,
  { policy, lab, against, formats }: ConcludeAgainOptions,
): Promise<ConcludedRun> {
  const reporters = await runReporters({ runFolder, lab, formats }, (message) =>
    printLine(`warning: ${message}`),
  )
  return await concludeRun({
    runFolder,
    policy,
    reporters,
    signal: interruption,
    stepSummary: undefined,
    ...(against === undefined ? {} : { against }),
  })
}
