/** Merges shards, judges the whole and writes its reports: what `merge` does on the terminal. */
import type { ConcludedRun } from '../app/conclude-run.ts'
import { mergeShards } from '../app/merge-shards.ts'
import { readRunState } from '../record/read-run-state.ts'
import { standingFaults } from '../run/session/standing-faults.ts'
import { concludeAgain } from './conclude-again.ts'
import { EXIT, exitCodeOfDecision } from './exit-codes.ts'
import { interruption } from './interruption.ts'
import type { JunitFlags } from './junit-flags.ts'
import { printLine } from './terminal.ts'

export interface MergeFlags extends JunitFlags {
  readonly out: string
  readonly policy?: string | undefined
  readonly lab?: string | undefined
}

/** @returns the merged folder, what it shows, and the exit code: that of the same run on one runner */
export async function mergeAndConclude(
  runs: readonly string[],
  flags: MergeFlags,
): Promise<{ readonly folder: string; readonly concluded: ConcludedRun; readonly code: number }> {
  const folder = await mergeShards({
    runs,
    out: flags.out,
    policy: flags.policy,
    warn: (message) => printLine(`warning: ${message}`),
    signal: interruption,
  })
  const concluded = await concludeAgain(folder, { ...flags, formats: [] })
  const faults = standingFaults(await readRunState(folder, { details: false }))
  const code = faults > 0 ? EXIT.toolFault : exitCodeOfDecision(concluded.gate.decision)
  return { folder, concluded, code }
}
