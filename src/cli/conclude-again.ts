/** Judges a run of any day again and writes its reports: what `judge` and `report` share. */
import { concludeRun, type ConcludedRun } from '../app/conclude-run.ts'
import { runReporters } from '../app/run-reporters.ts'
import { interruption } from './interruption.ts'
import type { JunitFlags } from './junit-flags.ts'
import { printLine } from './terminal.ts'
import { withJunitFlags } from './with-junit-flags.ts'

export interface ConcludeAgainOptions extends JunitFlags {
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
  { policy, lab, against, formats, ...junit }: ConcludeAgainOptions,
): Promise<ConcludedRun> {
  const reporters = await runReporters({ runFolder, lab, formats }, (message) =>
    printLine(`warning: ${message}`),
  )
  return await concludeRun({
    runFolder,
    policy,
    reporters: withJunitFlags(reporters, junit),
    signal: interruption,
    stepSummary: undefined,
    ...(against === undefined ? {} : { against }),
  })
}
